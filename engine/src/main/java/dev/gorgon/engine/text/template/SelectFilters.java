package dev.gorgon.engine.text.template;

import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Filters that apply another filter or a test to each element. */
final class SelectFilters {

    private SelectFilters() {}

    static void addTo(Map<String, Filters.Filter> table) {
        table.put("map", SelectFilters::map);
        table.put("select", (evaluator, input, arguments) -> select(evaluator, input, arguments, false, true));
        table.put("reject", (evaluator, input, arguments) -> select(evaluator, input, arguments, false, false));
        table.put("selectattr", (evaluator, input, arguments) -> select(evaluator, input, arguments, true, true));
        table.put("rejectattr", (evaluator, input, arguments) -> select(evaluator, input, arguments, true, false));
    }

    private static Object map(Evaluator evaluator, Object input, Args arguments) {
        if (!Values.truth(input)) {
            return Lazy.generator(List.of().iterator(), evaluator.budget());
        }
        return Lazy.mapped(Values.iterate(input), mapping(evaluator, arguments), evaluator.budget());
    }

    private static UnaryOperator<Object> mapping(Evaluator evaluator, Args arguments) {
        if (arguments.positional().isEmpty() && arguments.named().containsKey("attribute")) {
            Args.Bound given = arguments.bind("attribute", "default");
            AttributePath path = AttributePath.of(given.required("attribute"), evaluator.budget());
            Object fallback = given.optional("default", None.NONE);
            return item -> path.get(item, fallback, evaluator);
        }
        if (arguments.positional().isEmpty()) {
            throw JinjaException.error("map requires a filter argument");
        }
        String filter = Values.text(arguments.positional().getFirst());
        Args rest = arguments.tail();
        return item -> evaluator.filter(filter, item, new Args(filter, rest.positional(), rest.named()));
    }

    private static Object select(Evaluator evaluator, Object input, Args arguments, boolean byAttribute, boolean keep) {
        if (!Values.truth(input)) {
            return Lazy.generator(List.of().iterator(), evaluator.budget());
        }
        Args rest = arguments;
        AttributePath path = AttributePath.of(None.NONE, evaluator.budget());
        if (byAttribute) {
            if (arguments.positional().isEmpty()) {
                throw JinjaException.error("Missing parameter for attribute name");
            }
            path = AttributePath.of(arguments.positional().getFirst(), evaluator.budget());
            rest = arguments.tail();
        }
        AttributePath attribute = path;
        Predicate<Object> condition = condition(evaluator, rest);
        return Lazy.filtered(
                Values.iterate(input),
                item -> condition.test(attribute.get(item, evaluator)) == keep,
                evaluator.budget());
    }

    private static Predicate<Object> condition(Evaluator evaluator, Args arguments) {
        if (arguments.positional().isEmpty()) {
            return Values::truth;
        }
        String test = Values.text(arguments.positional().getFirst());
        Args rest = arguments.tail();
        return item -> evaluator.test(test, item, new Args(test, rest.positional(), rest.named()));
    }
}
