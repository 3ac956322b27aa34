package dev.gorgon.engine.text.template;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Attributes and methods of values. What would change a value, or lead out of the sandbox, is refused once it is used. */
final class Attributes {
    private static final Set<String> CHANGES_DICT = Set.of("clear", "pop", "popitem", "setdefault", "update");
    private static final Set<String> CHANGES_LIST =
            Set.of("append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove");

    private Attributes() {}

    /** The attribute, or null if the value has none of this name. */
    static @Nullable Object find(Object owner, String name, Evaluator evaluator) {
        if (name.startsWith("__") && name.endsWith("__") && name.length() > 4) {
            return owner instanceof Namespace ? null : Undefined.unsafe(owner, name);
        }
        return switch (owner) {
            case String text -> TextMethods.find(text, name, evaluator);
            case Dict dict when CHANGES_DICT.contains(name) -> Undefined.unsafe(owner, name);
            case Dict dict -> dictMethod(dict, name, evaluator.budget());
            case List<?> list when CHANGES_LIST.contains(name) -> Undefined.unsafe(owner, name);
            case List<?> list -> listMethod(list, Values.asObjects(list), name, evaluator.budget());
            case Tuple(List<Object> items) ->
                name.equals("copy") ? null : listMethod(owner, items, name, evaluator.budget());
            case Group group ->
                switch (name) {
                    case "grouper" -> group.grouper();
                    case "list" -> group.list();
                    default -> null;
                };
            case Namespace namespace -> namespace.attributes().get(name);
            case LoopContext loop -> loop.attribute(name);
            case Cycler cycler -> cycler.attribute(name);
            case Macro macro ->
                switch (name) {
                    case "name" -> macro.name();
                    case "arguments" -> macro.parameters();
                    default -> null;
                };
            case Double number -> name.equals("is_integer") ? Function.of(name, arguments -> number % 1 == 0) : null;
            default -> null;
        };
    }

    private static @Nullable Object dictMethod(Dict dict, String name, Budget budget) {
        return switch (name) {
            case "get" ->
                Function.of(name, arguments -> {
                    List<Object> given = arguments.onlyPositional();
                    if (given.isEmpty() || given.size() > 2) {
                        throw JinjaException.error("get expected 1 to 2 arguments, got " + given.size());
                    }
                    return dict.get(given.getFirst(), budget).orElse(given.size() == 2 ? given.get(1) : None.NONE);
                });
            case "keys" -> view(dict, name, DictView.Kind.KEYS);
            case "values" -> view(dict, name, DictView.Kind.VALUES);
            case "items" -> view(dict, name, DictView.Kind.ITEMS);
            case "copy" ->
                Function.of(name, arguments -> {
                    arguments.bind();
                    budget.elements(dict.size());
                    return new Dict().putAll(dict);
                });
            default -> null;
        };
    }

    private static Function view(Dict dict, String name, DictView.Kind kind) {
        return Function.of(name, arguments -> {
            arguments.bind();
            return new DictView(dict, kind);
        });
    }

    private static @Nullable Object listMethod(Object owner, List<Object> items, String name, Budget budget) {
        return switch (name) {
            case "index" -> Function.of(name, arguments -> index(owner, items, arguments, budget));
            case "count" ->
                Function.of(name, arguments -> {
                    Object wanted = arguments.bind("value").required("value");
                    return items.stream()
                            .filter(item -> Compare.equal(item, wanted, budget))
                            .count();
                });
            case "copy" ->
                Function.of(name, arguments -> {
                    arguments.bind();
                    return Values.list(owner, budget);
                });
            default -> null;
        };
    }

    private static Object index(Object owner, List<Object> items, Args arguments, Budget budget) {
        Args.Bound given = arguments.bind("value", "start", "stop");
        Object wanted = given.required("value");
        long start = given.integer("start", 0);
        long stop = given.integer("stop", items.size());
        start = Math.clamp(start < 0 ? start + items.size() : start, 0, items.size());
        stop = Math.clamp(stop < 0 ? stop + items.size() : stop, 0, items.size());
        for (long i = start; i < stop; i++) {
            if (Compare.equal(items.get((int) i), wanted, budget)) {
                return i;
            }
        }
        throw JinjaException.error(
                owner instanceof Tuple
                        ? "tuple.index(x): x not in tuple"
                        : Repr.repr(wanted, budget) + " is not in list");
    }
}
