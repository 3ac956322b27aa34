package dev.gorgon.engine.text.template;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Arithmetic on all types, and slices. */
final class Operators {

    private Operators() {}

    /** One of {@code + - * / // % **}. */
    static Object binary(String operator, Object left, Object right, Budget budget) {
        if (operator.equals("%") && left instanceof String format) {
            return PrintfFormat.format(format, right, budget);
        }
        if (left instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (right instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
            return switch (operator) {
                case "+" -> Numbers.add(left, right, budget);
                case "-" -> Numbers.subtract(left, right, budget);
                case "*" -> Numbers.multiply(left, right, budget);
                case "/" -> Numbers.divide(left, right, budget);
                case "//" -> Numbers.floorDivide(left, right, budget);
                case "%" -> Numbers.remainder(left, right, budget);
                default -> Numbers.power(left, right, budget);
            };
        }
        return switch (operator) {
            case "+" -> concatenate(left, right, budget);
            case "*" -> repeat(left, right, budget);
            default -> throw unsupported(operator.equals("**") ? "** or pow()" : operator, left, right);
        };
    }

    private static JinjaException unsupported(String operator, Object left, Object right) {
        return JinjaException.error("unsupported operand type(s) for " + operator + ": '" + Values.typeName(left)
                + "' and '" + Values.typeName(right) + "'");
    }

    private static Object concatenate(Object left, Object right, Budget budget) {
        if (left instanceof String a && right instanceof String b) {
            budget.string((long) a.length() + b.length());
            return a.concat(b);
        }
        if (left instanceof List<?> a && right instanceof List<?> b) {
            return joined(a, b, budget);
        }
        if (left instanceof Tuple(List<Object> a) && right instanceof Tuple(List<Object> b)) {
            return new Tuple(joined(a, b, budget));
        }
        if (left instanceof String || left instanceof List<?> || left instanceof Tuple) {
            String type = Values.typeName(left);
            throw JinjaException.error(
                    "can only concatenate " + type + " (not \"" + Values.typeName(right) + "\") to " + type);
        }
        throw unsupported("+", left, right);
    }

    private static List<Object> joined(List<?> left, List<?> right, Budget budget) {
        budget.elements((long) left.size() + right.size());
        List<Object> joined = new ArrayList<>(left.size() + right.size());
        joined.addAll(left);
        joined.addAll(right);
        return joined;
    }

    private static Object repeat(Object left, Object right, Budget budget) {
        if (Numbers.isInteger(left)) {
            return Numbers.isInteger(right) ? Numbers.multiply(left, right, budget) : repeat(right, left, budget);
        }
        boolean sequence = left instanceof String || left instanceof List<?> || left instanceof Tuple;
        if (!sequence) {
            throw unsupported("*", left, right);
        }
        if (!Numbers.isInteger(right)) {
            throw JinjaException.error("can't multiply sequence by non-int of type '" + Values.typeName(right) + "'");
        }
        long count = Math.clamp(Numbers.index(right), 0, Integer.MAX_VALUE);
        return switch (left) {
            case String text -> {
                budget.string(text.length() * count);
                yield text.repeat((int) (text.isEmpty() ? 0 : count));
            }
            case List<?> list -> repeated(list, count, budget);
            case Tuple(List<Object> items) -> new Tuple(repeated(items, count, budget));
            default -> throw unsupported("*", left, right);
        };
    }

    private static List<Object> repeated(List<?> items, long count, Budget budget) {
        budget.elements(items.size() * count);
        List<Object> repeated = new ArrayList<>((int) (items.size() * count));
        for (long i = 0; i < count && !items.isEmpty(); i++) {
            repeated.addAll(items);
        }
        return repeated;
    }

    static Object negate(Object value) {
        if (!Numbers.isNumber(value)) {
            throw unary("-", value);
        }
        return Numbers.negate(value);
    }

    static Object plus(Object value) {
        if (!Numbers.isNumber(value)) {
            throw unary("+", value);
        }
        return Numbers.integer(value);
    }

    private static JinjaException unary(String operator, Object value) {
        return value instanceof Undefined undefined
                ? undefined.error()
                : JinjaException.error("bad operand type for unary " + operator + ": '" + Values.typeName(value) + "'");
    }

    /** {@code value[start:stop:step]}; absent bounds are None. */
    static Object slice(Object value, Object start, Object stop, Object step, Budget budget) {
        if (value instanceof Undefined undefined) {
            throw undefined.error();
        }
        boolean sequence = value instanceof String
                || value instanceof List<?>
                || value instanceof Tuple
                || value instanceof Group
                || value instanceof Range;
        if (!sequence) {
            throw JinjaException.error(
                    value instanceof Dict
                            ? "unhashable type: 'slice'"
                            : "'" + Values.typeName(value) + "' object is not subscriptable");
        }
        long stride = step == None.NONE ? 1 : bound(step);
        if (stride == 0) {
            throw JinjaException.error("slice step cannot be zero");
        }
        long length = Values.length(value);
        long from = start == None.NONE ? (stride > 0 ? 0 : length - 1) : clamp(bound(start), length, stride);
        long to = stop == None.NONE ? (stride > 0 ? length : -1) : clamp(bound(stop), length, stride);
        Range indices = new Range(from, to, stride);
        return switch (value) {
            case String text -> slice(text, length, indices, budget);
            case List<?> list -> pick(Values.asObjects(list), indices, budget);
            case Tuple(List<Object> items) -> new Tuple(pick(items, indices, budget));
            case Group group -> new Tuple(pick(group.tuple().items(), indices, budget));
            case Range(long first, long end, long stepOf) ->
                new Range(first + from * stepOf, first + to * stepOf, stepOf * stride);
            default -> throw new IllegalStateException("only sequences get here");
        };
    }

    private static long bound(Object value) {
        if (!Numbers.isInteger(value)) {
            throw value instanceof Undefined undefined
                    ? undefined.error()
                    : JinjaException.error("slice indices must be integers or None or have an __index__ method");
        }
        // larger numbers mean the end as well
        Object number = Numbers.integer(value);
        return number instanceof Long small
                ? Math.clamp(small, -(1L << 40), 1L << 40)
                : Numbers.big(number).signum() * (1L << 40);
    }

    private static long clamp(long index, long length, long stride) {
        long fromStart = index < 0 ? index + length : index;
        return stride > 0 ? Math.clamp(fromStart, 0, length) : Math.clamp(fromStart, -1, length - 1);
    }

    private static String slice(String text, long length, Range indices, Budget budget) {
        budget.scan(text.length());
        if (indices.length() == 0) {
            return "";
        }
        if (indices.step() == 1) {
            int from = text.offsetByCodePoints(0, (int) indices.start());
            int to = text.offsetByCodePoints(from, (int) indices.length());
            budget.string(to - from);
            return text.substring(from, to);
        }
        budget.string(length * 4);
        int[] codePoints = text.codePoints().toArray();
        StringBuilder out = new StringBuilder();
        indices.iterator().forEachRemaining(index -> out.appendCodePoint(codePoints[((Long) index).intValue()]));
        return out.toString();
    }

    private static List<Object> pick(List<Object> items, Range indices, Budget budget) {
        budget.elements(indices.length());
        List<Object> picked = new ArrayList<>((int) indices.length());
        indices.iterator().forEachRemaining(index -> picked.add(items.get(((Long) index).intValue())));
        return picked;
    }

    /** The element of a sequence at an index that may count from the end; null if there is none or it is no sequence. */
    static @Nullable Object element(Object value, long index) {
        long length = Values.lengthIfAny(value).orElse(0);
        long at = index < 0 ? index + length : index;
        if (at < 0 || at >= length) {
            return null;
        }
        return switch (value) {
            case String text -> {
                int start = text.offsetByCodePoints(0, (int) at);
                yield Character.toString(text.codePointAt(start));
            }
            case List<?> list -> list.get((int) at);
            case Tuple(List<Object> items) -> items.get((int) at);
            case Group group -> at == 0 ? group.grouper() : group.list();
            case Range range -> range.get(at);
            default -> null;
        };
    }
}
