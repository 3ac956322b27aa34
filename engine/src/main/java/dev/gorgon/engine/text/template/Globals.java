package dev.gorgon.engine.text.template;

import java.time.Clock;
import java.time.ZonedDateTime;
import java.util.List;

/** The functions that every template can call. */
final class Globals {

    private Globals() {}

    /** A scope with the functions in it. */
    static Scope scope(Budget budget, Clock clock) {
        Scope scope = Scope.root();
        add(scope, Function.of("range", arguments -> Range.of(arguments.onlyPositional(), budget)));
        add(scope, Function.of("dict", arguments -> dict(arguments, budget)));
        add(scope, Function.of("namespace", arguments -> {
            Namespace namespace = new Namespace();
            dict(arguments, budget)
                    .entries()
                    .forEach(entry -> namespace.attributes().put(Values.text(entry.key()), entry.value()));
            return namespace;
        }));
        add(scope, Function.of("cycler", arguments -> new Cycler(arguments.onlyPositional())));
        add(scope, Function.of("joiner", Globals::joiner));
        add(scope, Function.of("raise_exception", arguments -> {
            Object message = arguments.bind("message").required("message");
            throw JinjaException.raised(Repr.str(message, budget));
        }));
        add(scope, Function.of("strftime_now", arguments -> {
            String format = Values.text(arguments.bind("format").required("format"));
            return Strftime.format(format, ZonedDateTime.now(clock), budget);
        }));
        return scope;
    }

    private static void add(Scope scope, Function function) {
        scope.set(function.name(), function);
    }

    private static Dict dict(Args arguments, Budget budget) {
        List<Object> positional = arguments.positional();
        if (positional.size() > 1) {
            throw JinjaException.error("dict expected at most 1 argument, got " + positional.size());
        }
        Dict dict = new Dict();
        if (positional.size() == 1 && positional.getFirst() instanceof Dict other) {
            budget.elements(other.size());
            dict.putAll(other);
        } else if (positional.size() == 1) {
            Values.iterate(positional.getFirst()).forEachRemaining(pair -> {
                List<Object> parts = Values.list(pair, budget);
                if (parts.size() != 2) {
                    throw JinjaException.error(
                            "dictionary update sequence element has length " + parts.size() + "; 2 is required");
                }
                dict.put(parts.get(0), parts.get(1), budget);
            });
        }
        budget.elements(arguments.named().size());
        arguments.named().forEach((name, value) -> dict.put(name, value, budget));
        return dict;
    }

    private static Object joiner(Args arguments) {
        String separator = arguments.bind("sep").text("sep", ", ");
        boolean[] used = new boolean[1];
        return Function.of("joiner", nothing -> {
            boolean first = !used[0];
            used[0] = true;
            return first ? "" : separator;
        });
    }
}
