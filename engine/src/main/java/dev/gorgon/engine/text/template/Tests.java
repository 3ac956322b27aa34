package dev.gorgon.engine.text.template;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** What can stand after {@code is}. */
final class Tests {

    interface Test {
        boolean holds(Evaluator evaluator, Object value, Args arguments);
    }

    static final Map<String, Test> TABLE = table();

    private Tests() {}

    private static Map<String, Test> table() {
        Map<String, Test> table = new HashMap<>();
        simple(table, "defined", value -> !(value instanceof Undefined));
        simple(table, "undefined", value -> value instanceof Undefined);
        simple(table, "none", value -> value == None.NONE);
        simple(table, "boolean", value -> value instanceof Boolean);
        simple(table, "true", value -> value.equals(true));
        simple(table, "false", value -> value.equals(false));
        simple(table, "integer", value -> Numbers.isInteger(value) && !(value instanceof Boolean));
        simple(table, "float", value -> value instanceof Double);
        simple(table, "number", Numbers::isNumber);
        simple(table, "string", value -> value instanceof String);
        simple(table, "mapping", value -> value instanceof Dict);
        simple(table, "iterable", Values::isIterable);
        simple(table, "sequence", Tests::isSequence);
        simple(table, "callable", value -> value instanceof Function || value instanceof Undefined);
        simple(table, "escaped", value -> false);
        table.put("odd", (evaluator, value, arguments) -> isNumber(remainder(value, 2L, evaluator), 1));
        table.put("even", (evaluator, value, arguments) -> isNumber(remainder(value, 2L, evaluator), 0));
        table.put(
                "divisibleby",
                (evaluator, value, arguments) ->
                        isNumber(remainder(value, arguments.bind("num").required("num"), evaluator), 0));
        table.put("lower", (evaluator, value, arguments) -> TextMethods.isLower(charged(value, evaluator.budget())));
        table.put("upper", (evaluator, value, arguments) -> TextMethods.isUpper(charged(value, evaluator.budget())));
        table.put(
                "sameas",
                (evaluator, value, arguments) ->
                        isSame(value, arguments.bind("other").required("other")));
        table.put(
                "in",
                (evaluator, value, arguments) ->
                        Compare.contains(arguments.bind("seq").required("seq"), value, evaluator.budget()));
        table.put(
                "filter",
                (evaluator, value, arguments) -> value instanceof String name && Filters.TABLE.containsKey(name));
        table.put(
                "test", (evaluator, value, arguments) -> value instanceof String name && Tests.TABLE.containsKey(name));
        comparison(table, "==", "eq", "equalto");
        comparison(table, "!=", "ne");
        comparison(table, ">", "gt", "greaterthan");
        comparison(table, ">=", "ge");
        comparison(table, "<", "lt", "lessthan");
        comparison(table, "<=", "le");
        return Map.copyOf(table);
    }

    /** A value as text whose reading is paid for. */
    private static String charged(Object value, Budget budget) {
        String text = Repr.str(value, budget);
        budget.scan(text.length());
        return text;
    }

    private static void simple(Map<String, Test> table, String name, Predicate<Object> condition) {
        table.put(name, (evaluator, value, arguments) -> {
            arguments.bind();
            return condition.test(value);
        });
    }

    private static void comparison(Map<String, Test> table, String operator, String... names) {
        Test test = (evaluator, value, arguments) ->
                Compare.holds(operator, value, arguments.bind("other").required("other"), evaluator.budget());
        table.put(operator, test);
        for (String name : names) {
            table.put(name, test);
        }
    }

    private static Object remainder(Object value, Object divisor, Evaluator evaluator) {
        return Operators.binary("%", value, divisor, evaluator.budget());
    }

    private static boolean isNumber(Object remainder, long number) {
        return Numbers.isNumber(remainder) && Numbers.compare(remainder, number) == 0;
    }

    /** Has a length and items by index. */
    private static boolean isSequence(Object value) {
        return value instanceof String
                || value instanceof List<?>
                || value instanceof Tuple
                || value instanceof Group
                || value instanceof Dict
                || value instanceof Range
                || value instanceof Undefined;
    }

    /** Identity; for values that Python keeps one of, equality. */
    private static boolean isSame(Object value, Object other) {
        return value == other
                || (value instanceof Boolean || value instanceof String || value instanceof Long)
                        && value.equals(other);
    }
}
