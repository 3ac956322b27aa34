package dev.gorgon.engine.text.template;

import java.math.BigInteger;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;

/**
 * What all values have. Values are {@link None}, {@link Boolean}, {@link Long} and {@link BigInteger} (one of them for each
 * number, see {@link Numbers#normal}), {@link Double}, {@link String}, {@link List}, {@link Tuple}, {@link Group}, {@link Dict},
 * {@link DictView}, {@link Range}, {@link Lazy}, {@link Namespace}, {@link Function} and {@link Undefined}.
 */
final class Values {

    private Values() {}

    /** Python's name of a value's type. */
    static String typeName(Object value) {
        return switch (value) {
            case None none -> "NoneType";
            case Boolean flag -> "bool";
            case Long number -> "int";
            case BigInteger number -> "int";
            case Double number -> "float";
            case String text -> "str";
            case List<?> list -> "list";
            case Tuple tuple -> "tuple";
            case Group group -> "_GroupTuple";
            case Dict dict -> "dict";
            case DictView view ->
                switch (view.kind()) {
                    case KEYS -> "dict_keys";
                    case VALUES -> "dict_values";
                    case ITEMS -> "dict_items";
                };
            case Range range -> "range";
            case Lazy lazy -> lazy.typeName();
            case Namespace namespace -> "Namespace";
            case Undefined undefined -> "Undefined";
            case LoopContext loop -> "LoopContext";
            case Macro macro -> "Macro";
            case Cycler cycler -> "Cycler";
            case Function function -> "function";
            default -> throw new IllegalArgumentException("not a template's value: " + value.getClass());
        };
    }

    static String qualifiedTypeName(Object value) {
        return switch (value) {
            case Namespace namespace -> "jinja2.utils.Namespace";
            case LoopContext loop -> "jinja2.runtime.LoopContext";
            case Macro macro -> "jinja2.runtime.Macro";
            case Cycler cycler -> "jinja2.utils.Cycler";
            case Undefined undefined -> "jinja2.runtime.Undefined";
            case Group group -> "jinja2.filters._GroupTuple";
            default -> typeName(value);
        };
    }

    static boolean truth(Object value) {
        return switch (value) {
            case None none -> false;
            case Boolean flag -> flag;
            case Long number -> number != 0;
            case Double number -> number != 0;
            case Undefined undefined -> false;
            case String text -> !text.isEmpty();
            default -> {
                OptionalLong length = lengthIfAny(value);
                yield length.isEmpty() || length.getAsLong() > 0;
            }
        };
    }

    /** Python's {@code len}: texts are counted in code points. */
    static long length(Object value) {
        return lengthIfAny(value)
                .orElseThrow(() -> JinjaException.error("object of type '" + typeName(value) + "' has no len()"));
    }

    static OptionalLong lengthIfAny(Object value) {
        return switch (value) {
            case String text -> OptionalLong.of(text.codePointCount(0, text.length()));
            case List<?> list -> OptionalLong.of(list.size());
            case Tuple tuple -> OptionalLong.of(tuple.items().size());
            case Group group -> OptionalLong.of(2);
            case Dict dict -> OptionalLong.of(dict.size());
            case DictView view -> OptionalLong.of(view.dict().size());
            case Range range -> OptionalLong.of(range.length());
            case Undefined undefined -> OptionalLong.of(0);
            case LoopContext loop -> OptionalLong.of(loop.length());
            default -> OptionalLong.empty();
        };
    }

    static boolean isIterable(Object value) {
        return switch (value) {
            case String text -> true;
            case List<?> list -> true;
            case Tuple tuple -> true;
            case Group group -> true;
            case Dict dict -> true;
            case DictView view -> true;
            case Range range -> true;
            case Lazy lazy -> true;
            case Undefined undefined -> true;
            default -> false;
        };
    }

    /** The elements of a value: code points of a text, keys of a dict. */
    static Iterator<Object> iterate(Object value) {
        return switch (value) {
            case String text ->
                text.codePoints().<Object>mapToObj(Character::toString).iterator();
            case List<?> list -> asObjects(list).iterator();
            case Tuple tuple -> tuple.items().iterator();
            case Group group -> group.tuple().items().iterator();
            case Dict dict -> new DictView(dict, DictView.Kind.KEYS).iterator();
            case DictView view -> view.iterator();
            case Range range -> range.iterator();
            case Lazy lazy -> lazy;
            case Undefined undefined -> List.of().iterator();
            default -> throw JinjaException.error("'" + typeName(value) + "' object is not iterable");
        };
    }

    /** All elements of a value, as a new list. */
    static List<Object> list(Object value, Budget budget) {
        List<Object> items = new java.util.ArrayList<>();
        Iterator<Object> elements = iterate(value);
        while (elements.hasNext()) {
            items.add(elements.next());
            budget.elements(1);
        }
        return items;
    }

    @SuppressWarnings("unchecked") // every list of a template holds values
    static List<Object> asObjects(List<?> list) {
        return (List<Object>) list;
    }

    /** A text, or an error for any other value. */
    static String text(Object value) {
        return switch (value) {
            case String text -> text;
            case Undefined undefined -> throw undefined.error();
            default -> throw JinjaException.error("expected str instance, " + typeName(value) + " found");
        };
    }
}
