package dev.gorgon.engine.text.template;

import java.math.BigInteger;
import java.util.Iterator;
import java.util.List;

/** Equality, order and membership. */
final class Compare {

    /** Whole numbers that are compared with floats may have to be written out. */
    private static final int BIG_NUMBER_STEPS = 500;

    private Compare() {}

    static boolean equal(Object left, Object right, Budget budget) {
        budget.step();
        if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
            budget.work(left instanceof BigInteger || right instanceof BigInteger ? BIG_NUMBER_STEPS : 0);
            return !Numbers.isNaN(left) && !Numbers.isNaN(right) && Numbers.compare(left, right) == 0;
        }
        if (left == right) {
            return true;
        }
        return switch (left) {
            case String text -> {
                budget.scan(text.length());
                yield text.equals(right);
            }
            case Undefined undefined -> right instanceof Undefined;
            case List<?> list -> right instanceof List<?> other && equalItems(list, other, budget);
            case Tuple tuple ->
                right instanceof Tuple other && equalItems(tuple.items(), other.items(), budget)
                        || right instanceof Group group && equal(tuple, group.tuple(), budget);
            case Group group -> equal(group.tuple(), right, budget);
            case Dict dict -> right instanceof Dict other && equalEntries(dict, other, budget);
            case Range range ->
                right instanceof Range other
                        && equalItems(Values.list(range, budget), Values.list(other, budget), budget);
            case DictView view ->
                view.kind() != DictView.Kind.VALUES
                        && right instanceof DictView other
                        && other.kind() == view.kind()
                        && (view.kind() == DictView.Kind.ITEMS
                                ? equalEntries(view.dict(), other.dict(), budget)
                                : sameKeys(view.dict(), other.dict(), budget));
            default -> false;
        };
    }

    private static boolean sameKeys(Dict left, Dict right, Budget budget) {
        return left.size() == right.size() && left.entries().stream().allMatch(entry -> right.has(entry.key(), budget));
    }

    private static boolean equalItems(List<?> left, List<?> right, Budget budget) {
        if (left.size() != right.size()) {
            return false;
        }
        budget.enter();
        for (int i = 0; i < left.size(); i++) {
            if (left.get(i) != right.get(i) && !equal(left.get(i), right.get(i), budget)) {
                budget.leave();
                return false;
            }
        }
        budget.leave();
        return true;
    }

    private static boolean equalEntries(Dict left, Dict right, Budget budget) {
        if (left.size() != right.size()) {
            return false;
        }
        budget.enter();
        for (Dict.Entry entry : left.entries()) {
            Object other = right.get(entry.key(), budget).orElse(Compare.class);
            if (other == Compare.class || !equal(entry.value(), other, budget)) {
                budget.leave();
                return false;
            }
        }
        budget.leave();
        return true;
    }

    /** One of {@code == != < <= > >= in} and {@code not in}. */
    static boolean holds(String operator, Object left, Object right, Budget budget) {
        return switch (operator) {
            case "==" -> equal(left, right, budget);
            case "!=" -> !equal(left, right, budget);
            case "in" -> contains(right, left, budget);
            case "not in" -> !contains(right, left, budget);
            default -> {
                if (Numbers.isNaN(left) && Numbers.isNumber(right) || Numbers.isNaN(right) && Numbers.isNumber(left)) {
                    yield false;
                }
                int order = order(operator, left, right, budget);
                yield switch (operator) {
                    case "<" -> order < 0;
                    case "<=" -> order <= 0;
                    case ">" -> order > 0;
                    default -> order >= 0;
                };
            }
        };
    }

    /**
     * Negative, zero or positive.
     *
     * @param operator named in the error if the values have no order
     */
    static int order(String operator, Object left, Object right, Budget budget) {
        budget.step();
        if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
            budget.work(left instanceof BigInteger || right instanceof BigInteger ? BIG_NUMBER_STEPS : 0);
            return Numbers.compare(left, right);
        }
        if (left instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (right instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (left instanceof String a && right instanceof String b) {
            budget.scan(Math.min(a.length(), b.length()));
            return Text.compare(a, b);
        }
        if (left instanceof List<?> a && right instanceof List<?> b) {
            return orderItems(operator, a, b, budget);
        }
        if (left instanceof Tuple(List<Object> a) && right instanceof Tuple(List<Object> b)) {
            return orderItems(operator, a, b, budget);
        }
        throw JinjaException.error("'" + operator + "' not supported between instances of '" + Values.typeName(left)
                + "' and '" + Values.typeName(right) + "'");
    }

    private static int orderItems(String operator, List<?> left, List<?> right, Budget budget) {
        budget.enter();
        int order = Integer.compare(left.size(), right.size());
        for (int i = 0; i < Math.min(left.size(), right.size()); i++) {
            if (!equal(left.get(i), right.get(i), budget)) {
                order = order(operator, left.get(i), right.get(i), budget);
                break;
            }
        }
        budget.leave();
        return order;
    }

    static boolean contains(Object container, Object item, Budget budget) {
        return switch (container) {
            case String text -> {
                if (item instanceof String part) {
                    yield Text.indexOf(text, part, 0, budget) >= 0;
                }
                throw JinjaException.error(
                        "'in <string>' requires string as left operand, not " + Values.typeName(item));
            }
            case Dict dict -> dict.has(item, budget);
            case DictView(Dict dict, DictView.Kind kind) when kind == DictView.Kind.KEYS -> dict.has(item, budget);
            case Range range when Numbers.isInteger(item) -> range.contains(item);
            default -> {
                if (!Values.isIterable(container)) {
                    throw JinjaException.error("argument of type '" + Values.typeName(container) + "' is not iterable");
                }
                Iterator<Object> elements = Values.iterate(container);
                boolean found = false;
                while (!found && elements.hasNext()) {
                    found = equal(elements.next(), item, budget);
                }
                yield found;
            }
        };
    }
}
