package dev.gorgon.engine.text.template;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Filters for any value, and for numbers. */
final class BasicFilters {

    private BasicFilters() {}

    static void addTo(Map<String, Filters.Filter> table) {
        Filters.Filter fallback = (evaluator, input, arguments) -> fallback(input, arguments);
        table.put("default", fallback);
        table.put("d", fallback);
        Filters.Filter length = (evaluator, input, arguments) -> {
            arguments.bind();
            evaluator.budget().scan(input instanceof String text ? text.length() : 0);
            return Values.length(input);
        };
        table.put("length", length);
        table.put("count", length);
        table.put("string", (evaluator, input, arguments) -> Repr.str(input, evaluator.budget()));
        table.put("pprint", (evaluator, input, arguments) -> Repr.repr(input, evaluator.budget()));
        table.put("tojson", (evaluator, input, arguments) -> toJson(input, arguments, evaluator.budget()));
        table.put("attr", (evaluator, input, arguments) -> {
            String name = Values.text(arguments.bind("name").required("name"));
            Object attribute = input instanceof Undefined ? null : Attributes.find(input, name, evaluator);
            return attribute != null ? attribute : Undefined.attribute(input, name);
        });
        table.put("abs", (evaluator, input, arguments) -> abs(input));
        table.put("int", (evaluator, input, arguments) -> toInteger(input, arguments, evaluator.budget()));
        table.put("float", (evaluator, input, arguments) -> toFloat(input, arguments, evaluator.budget()));
        table.put("round", (evaluator, input, arguments) -> round(input, arguments, evaluator.budget()));
    }

    private static Object fallback(Object input, Args arguments) {
        Args.Bound given = arguments.bind("default_value", "boolean");
        boolean absent = input instanceof Undefined || given.flag("boolean", false) && !Values.truth(input);
        return absent ? given.optional("default_value", "") : input;
    }

    private static Object toJson(Object input, Args arguments, Budget budget) {
        Args.Bound given = arguments.bind("ensure_ascii", "indent", "separators", "sort_keys");
        Object indent = given.optional("indent", None.NONE);
        boolean multiline = indent != None.NONE;
        String step = switch (indent) {
            case None none -> "";
            case String text -> text;
            default -> {
                long width = Math.max(0, Numbers.index(indent));
                budget.string(width);
                yield " ".repeat((int) width);
            }
        };
        String itemSeparator = multiline ? "," : ", ";
        String keySeparator = ": ";
        Object separators = given.optional("separators", None.NONE);
        if (separators != None.NONE) {
            List<Object> both = Values.list(separators, budget);
            if (both.size() != 2) {
                throw JinjaException.error("tojson needs two separators, not " + both.size());
            }
            itemSeparator = Values.text(both.get(0));
            keySeparator = Values.text(both.get(1));
        }
        return new Json(
                        given.flag("ensure_ascii", false),
                        multiline,
                        step,
                        itemSeparator,
                        keySeparator,
                        given.flag("sort_keys", false))
                .dump(input, budget);
    }

    private static Object abs(Object input) {
        if (!Numbers.isNumber(input)) {
            throw input instanceof Undefined undefined
                    ? undefined.error()
                    : JinjaException.error("bad operand type for abs(): '" + Values.typeName(input) + "'");
        }
        return input instanceof Double number
                ? (Object) Math.abs(number)
                : Numbers.normal(Numbers.big(input).abs());
    }

    private static Object toInteger(Object input, Args arguments, Budget budget) {
        Args.Bound given = arguments.bind("default", "base");
        Object fallback = given.optional("default", 0L);
        if (input instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (input instanceof Double number) {
            return Double.isFinite(number) ? Conversions.truncate(number) : fallback;
        }
        if (input instanceof String text) {
            budget.scan(text.length());
            Optional<Object> number = Conversions.parseInteger(text, (int) given.integer("base", 10));
            return number.orElseGet(() -> Conversions.parseFloat(text)
                    .filter(Double::isFinite)
                    .map(Conversions::truncate)
                    .orElse(fallback));
        }
        return Numbers.isInteger(input) ? Numbers.integer(input) : fallback;
    }

    private static Object toFloat(Object input, Args arguments, Budget budget) {
        Object fallback = arguments.bind("default").optional("default", 0.0);
        if (input instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (input instanceof String text) {
            budget.scan(text.length());
            return Conversions.parseFloat(text).<Object>map(number -> number).orElse(fallback);
        }
        return Numbers.isNumber(input) ? (Object) Numbers.real(input) : fallback;
    }

    private static Object round(Object input, Args arguments, Budget budget) {
        Args.Bound given = arguments.bind("precision", "method");
        int precision = Math.clamp(given.integer("precision", 0), -400, 400);
        String method = given.text("method", "common");
        if (!List.of("common", "ceil", "floor").contains(method)) {
            throw JinjaException.error("method must be common, ceil or floor");
        }
        if (!Numbers.isNumber(input)) {
            throw input instanceof Undefined undefined
                    ? undefined.error()
                    : JinjaException.error("type " + Values.typeName(input) + " doesn't define __round__ method");
        }
        if (method.equals("common")) {
            return input instanceof Double number && !Double.isFinite(number) ? input : rounded(input, precision);
        }
        Object scale = Numbers.power(10L, (long) precision, budget);
        double scaled = Numbers.real(Numbers.multiply(input, scale, budget));
        Object whole = Conversions.truncate(method.equals("ceil") ? Math.ceil(scaled) : Math.floor(scaled));
        return Numbers.divide(whole, scale, budget);
    }

    /** To the nearest, halves to even; whole numbers stay whole. */
    private static Object rounded(Object input, int precision) {
        if (input instanceof Double number) {
            double result = new BigDecimal(number)
                    .setScale(precision, RoundingMode.HALF_EVEN)
                    .doubleValue();
            return Math.copySign(result, number);
        }
        if (precision >= 0) {
            return Numbers.integer(input);
        }
        return Numbers.normal(new BigDecimal(Numbers.big(input))
                .setScale(precision, RoundingMode.HALF_EVEN)
                .toBigInteger());
    }
}
