package dev.gorgon.engine.text.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Filters for lists and dicts. */
final class ListFilters {

    private ListFilters() {}

    static void addTo(Map<String, Filters.Filter> table) {
        table.put("list", (evaluator, input, arguments) -> {
            arguments.bind();
            return Values.list(input, evaluator.budget());
        });
        table.put("first", (evaluator, input, arguments) -> {
            arguments.bind();
            Iterator<Object> elements = Values.iterate(input);
            return elements.hasNext() ? elements.next() : Undefined.because("No first item, sequence was empty.");
        });
        table.put("last", (evaluator, input, arguments) -> {
            arguments.bind();
            List<Object> backwards = reversed(input, evaluator.budget());
            return backwards.isEmpty() ? Undefined.because("No last item, sequence was empty.") : backwards.getFirst();
        });
        table.put("reverse", (evaluator, input, arguments) -> {
            arguments.bind();
            return reverse(input, evaluator.budget());
        });
        table.put("join", ListFilters::join);
        table.put("items", (evaluator, input, arguments) -> {
            arguments.bind();
            return items(input, evaluator.budget());
        });
        table.put("sum", ListFilters::sum);
        table.put("batch", (evaluator, input, arguments) -> batch(input, arguments, evaluator.budget()));
        table.put("slice", (evaluator, input, arguments) -> slice(input, arguments, evaluator.budget()));
    }

    private static Object items(Object input, Budget budget) {
        return switch (input) {
            case Undefined undefined -> Lazy.generator(Values.iterate(undefined), budget);
            case Dict dict -> Lazy.generator(new DictView(dict, DictView.Kind.ITEMS).iterator(), budget);
            default -> throw JinjaException.error("Can only get item pairs from a mapping.");
        };
    }

    private static Object reverse(Object input, Budget budget) {
        if (input instanceof String text) {
            budget.string(text.length());
            return new StringBuilder(text).reverse().toString();
        }
        if (!Values.isIterable(input)) {
            throw JinjaException.error("argument must be iterable");
        }
        List<Object> backwards = Values.list(input, budget);
        Collections.reverse(backwards);
        return switch (input) {
            case List<?> list -> new Lazy(backwards.iterator(), budget, "list_reverseiterator");
            case Tuple tuple -> new Lazy(backwards.iterator(), budget, "reversed");
            case Dict dict -> new Lazy(backwards.iterator(), budget, "dict_reversekeyiterator");
            case Range range -> new Lazy(backwards.iterator(), budget, "range_iterator");
            default -> backwards;
        };
    }

    /** Elements from the last to the first; generators cannot be read backwards. */
    private static List<Object> reversed(Object input, Budget budget) {
        if (input instanceof Lazy || !Values.isIterable(input)) {
            throw JinjaException.error("'" + Values.typeName(input) + "' object is not reversible");
        }
        List<Object> backwards = Values.list(input, budget);
        Collections.reverse(backwards);
        return backwards;
    }

    private static Object join(Evaluator evaluator, Object input, Args arguments) {
        Budget budget = evaluator.budget();
        Args.Bound given = arguments.bind("d", "attribute");
        Object attribute = given.optional("attribute", None.NONE);
        AttributePath path = AttributePath.of(attribute, budget);
        List<String> parts = new ArrayList<>();
        Iterator<Object> elements = Values.iterate(input);
        while (elements.hasNext()) {
            parts.add(Repr.str(path.get(elements.next(), evaluator), budget));
            budget.elements(1);
        }
        return Text.join(Repr.str(given.optional("d", ""), budget), parts, budget);
    }

    private static Object sum(Evaluator evaluator, Object input, Args arguments) {
        Args.Bound given = arguments.bind("attribute", "start");
        AttributePath attribute = AttributePath.of(given.optional("attribute", None.NONE), evaluator.budget());
        Object sum = given.optional("start", 0L);
        if (sum instanceof String) {
            throw JinjaException.error("sum() can't sum strings [use ''.join(seq) instead]");
        }
        Iterator<Object> elements = Values.iterate(input);
        while (elements.hasNext()) {
            sum = Operators.binary("+", sum, attribute.get(elements.next(), evaluator), evaluator.budget());
        }
        return sum;
    }

    private static Object batch(Object input, Args arguments, Budget budget) {
        Args.Bound given = arguments.bind("linecount", "fill_with");
        long size = Numbers.index(given.required("linecount"));
        Object fill = given.optional("fill_with", None.NONE);
        List<Object> batches = new ArrayList<>();
        List<Object> batch = new ArrayList<>();
        for (Object item : Values.list(input, budget)) {
            if (batch.size() == size) {
                batches.add(batch);
                batch = new ArrayList<>();
                budget.elements(1);
            }
            batch.add(item);
        }
        if (!batch.isEmpty()) {
            pad(batch, size, fill, budget);
            batches.add(batch);
        }
        return Lazy.generator(batches.iterator(), budget);
    }

    private static void pad(List<Object> list, long size, Object fill, Budget budget) {
        if (fill != None.NONE && list.size() < size) {
            budget.elements(size);
            list.addAll(Collections.nCopies((int) size - list.size(), fill));
        }
    }

    private static Object slice(Object input, Args arguments, Budget budget) {
        Args.Bound given = arguments.bind("slices", "fill_with");
        List<Object> items = Values.list(input, budget);
        long slices = Numbers.index(given.required("slices"));
        if (slices == 0) {
            throw JinjaException.error("integer division or modulo by zero");
        }
        budget.elements(Math.max(0, slices));
        Object fill = given.optional("fill_with", None.NONE);
        long size = Math.floorDiv(items.size(), slices);
        long withMore = Math.floorMod(items.size(), slices);
        List<Object> result = new ArrayList<>();
        int from = 0;
        for (long i = 0; i < slices; i++) {
            int to = (int) (from + size + (i < withMore ? 1 : 0));
            List<Object> part = new ArrayList<>(items.subList(from, to));
            if (fill != None.NONE && i >= withMore) {
                part.add(fill);
            }
            result.add(part);
            from = to;
        }
        return Lazy.generator(result.iterator(), budget);
    }
}
