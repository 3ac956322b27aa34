package dev.gorgon.engine.text.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Filters that compare elements. Texts are compared without regard to case unless told otherwise. */
final class OrderFilters {

    private OrderFilters() {}

    static void addTo(Map<String, Filters.Filter> table) {
        table.put("sort", OrderFilters::sort);
        table.put("dictsort", (evaluator, input, arguments) -> dictSort(input, arguments, evaluator.budget()));
        table.put("unique", OrderFilters::unique);
        table.put("min", (evaluator, input, arguments) -> extreme(evaluator, input, arguments, -1));
        table.put("max", (evaluator, input, arguments) -> extreme(evaluator, input, arguments, 1));
        table.put("groupby", OrderFilters::groupBy);
    }

    /** An element and what it is compared by. */
    private record Keyed(Object key, Object item) {}

    private static Object key(Object value, boolean caseSensitive, Budget budget) {
        if (caseSensitive || !(value instanceof String text)) {
            return value;
        }
        budget.string(text.length());
        return Text.lower(text);
    }

    private static List<Object> sorted(List<Keyed> elements, boolean reverse, Budget budget) {
        // the order of equal elements stays, also backwards
        Comparator<Keyed> order = (a, b) -> Compare.order("<", a.key(), b.key(), budget);
        List<Keyed> sorted = new ArrayList<>(elements);
        try {
            sorted.sort(reverse ? order.reversed() : order);
        } catch (IllegalArgumentException e) {
            // NaN has no place in an order; Python leaves some order, too
        }
        List<Object> items = new ArrayList<>(sorted.size());
        sorted.forEach(element -> items.add(element.item()));
        budget.elements(items.size());
        return items;
    }

    private static Object sort(Evaluator evaluator, Object input, Args arguments) {
        Args.Bound given = arguments.bind("reverse", "case_sensitive", "attribute");
        boolean caseSensitive = given.flag("case_sensitive", false);
        Object attribute = given.optional("attribute", None.NONE);
        List<AttributePath> paths = new ArrayList<>();
        if (attribute instanceof String names) {
            for (String name : names.split(",", -1)) {
                paths.add(AttributePath.of(name, evaluator.budget()));
            }
        } else {
            paths.add(AttributePath.of(attribute, evaluator.budget()));
        }
        List<Keyed> elements = new ArrayList<>();
        for (Object item : Values.list(input, evaluator.budget())) {
            List<Object> keys = new ArrayList<>();
            for (AttributePath path : paths) {
                keys.add(key(path.get(item, evaluator), caseSensitive, evaluator.budget()));
            }
            elements.add(new Keyed(keys, item));
        }
        return sorted(elements, given.flag("reverse", false), evaluator.budget());
    }

    private static Object dictSort(Object input, Args arguments, Budget budget) {
        Args.Bound given = arguments.bind("case_sensitive", "by", "reverse");
        boolean caseSensitive = given.flag("case_sensitive", false);
        String by = given.text("by", "key");
        if (!by.equals("key") && !by.equals("value")) {
            throw JinjaException.error("You can only sort by either \"key\" or \"value\"");
        }
        if (!(input instanceof Dict dict)) {
            throw input instanceof Undefined undefined
                    ? undefined.error()
                    : JinjaException.error("'" + Values.typeName(input) + "' object has no attribute 'items'");
        }
        List<Keyed> elements = new ArrayList<>();
        for (Dict.Entry entry : dict.entries()) {
            Object key = key(by.equals("key") ? entry.key() : entry.value(), caseSensitive, budget);
            elements.add(new Keyed(key, Tuple.of(entry.key(), entry.value())));
        }
        return sorted(elements, given.flag("reverse", false), budget);
    }

    private static Object unique(Evaluator evaluator, Object input, Args arguments) {
        Budget budget = evaluator.budget();
        Args.Bound given = arguments.bind("case_sensitive", "attribute");
        AttributePath path = AttributePath.of(given.optional("attribute", None.NONE), evaluator.budget());
        boolean caseSensitive = given.flag("case_sensitive", false);
        Set<Object> seen = new HashSet<>();
        return Lazy.filtered(
                Values.iterate(input),
                item -> {
                    budget.elements(1);
                    return seen.add(Keys.of(key(path.get(item, evaluator), caseSensitive, budget), budget));
                },
                budget);
    }

    private static Object extreme(Evaluator evaluator, Object input, Args arguments, int sign) {
        Args.Bound given = arguments.bind("case_sensitive", "attribute");
        AttributePath path = AttributePath.of(given.optional("attribute", None.NONE), evaluator.budget());
        boolean caseSensitive = given.flag("case_sensitive", false);
        Iterator<Object> elements = Values.iterate(input);
        if (!elements.hasNext()) {
            return Undefined.because("No aggregated item, sequence was empty.");
        }
        Object best = elements.next();
        Object bestKey = key(path.get(best, evaluator), caseSensitive, evaluator.budget());
        String operator = sign < 0 ? "<" : ">";
        while (elements.hasNext()) {
            Object item = elements.next();
            Object key = key(path.get(item, evaluator), caseSensitive, evaluator.budget());
            if (Compare.holds(operator, key, bestKey, evaluator.budget())) {
                best = item;
                bestKey = key;
            }
        }
        return best;
    }

    private static Object groupBy(Evaluator evaluator, Object input, Args arguments) {
        Budget budget = evaluator.budget();
        Args.Bound given = arguments.bind("attribute", "default", "case_sensitive");
        AttributePath path = AttributePath.of(given.required("attribute"), evaluator.budget());
        Object fallback = given.optional("default", None.NONE);
        boolean caseSensitive = given.flag("case_sensitive", false);
        List<Keyed> elements = new ArrayList<>();
        for (Object item : Values.list(input, budget)) {
            elements.add(new Keyed(key(path.get(item, fallback, evaluator), caseSensitive, budget), item));
        }
        List<Object> groups = new ArrayList<>();
        List<Object> members = new ArrayList<>();
        Object lastKey = None.NONE;
        for (Object item : sorted(elements, false, budget)) {
            Object key = key(path.get(item, fallback, evaluator), caseSensitive, budget);
            if (members.isEmpty() || !Compare.equal(key, lastKey, budget)) {
                members = new ArrayList<>();
                groups.add(new Group(path.get(item, fallback, evaluator), Collections.unmodifiableList(members)));
                lastKey = key;
                budget.elements(1);
            }
            members.add(item);
        }
        return groups;
    }
}
