package dev.gorgon.engine.text.template;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/** What stands for a value in hash tables: equal for values that Python holds for equal. */
final class Keys {
    private static final Object UNDEFINED = new Object();

    private Keys() {}

    private record TupleKey(List<Object> items) {}

    /** @throws JinjaException if values of this type cannot be hashed */
    static Object of(Object value, Budget budget) {
        budget.step();
        return switch (value) {
            case String text -> {
                budget.scan(text.length());
                yield text;
            }
            case Boolean flag -> flag ? 1L : 0L;
            case Double number ->
                number % 1 == 0 ? Numbers.normal(new BigDecimal(number).toBigInteger()) : (Object) number;
            case Undefined undefined -> UNDEFINED;
            case Group group -> of(group.tuple(), budget);
            case Tuple(List<Object> items) -> {
                budget.enter();
                List<Object> keys = new ArrayList<>(items.size());
                for (Object item : items) {
                    keys.add(of(item, budget));
                }
                budget.elements(items.size());
                budget.leave();
                yield new TupleKey(keys);
            }
            case List<?> list -> throw unhashable(value);
            case Dict dict -> throw unhashable(value);
            default -> value;
        };
    }

    private static JinjaException unhashable(Object value) {
        return JinjaException.error("unhashable type: '" + Values.typeName(value) + "'");
    }
}
