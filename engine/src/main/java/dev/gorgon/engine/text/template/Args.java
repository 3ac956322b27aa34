package dev.gorgon.engine.text.template;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The arguments of one call. */
record Args(String function, List<Object> positional, Map<String, Object> named) {

    static Args of(String function, Object... positional) {
        return new Args(function, List.of(positional), Map.of());
    }

    /** Arguments by the names of a function's parameters. */
    Bound bind(String... parameters) {
        if (positional.size() > parameters.length) {
            throw error("takes at most " + parameters.length + " arguments (" + positional.size() + " given)");
        }
        Map<String, Object> values = new HashMap<>();
        for (int i = 0; i < positional.size(); i++) {
            values.put(parameters[i], positional.get(i));
        }
        for (Map.Entry<String, Object> argument : named.entrySet()) {
            if (!List.of(parameters).contains(argument.getKey())) {
                throw error("got an unexpected keyword argument '" + argument.getKey() + "'");
            }
            if (values.put(argument.getKey(), argument.getValue()) != null) {
                throw error("got multiple values for argument '" + argument.getKey() + "'");
            }
        }
        return new Bound(this, values);
    }

    /** The same arguments without the first. */
    Args tail() {
        return new Args(function, positional.subList(1, positional.size()), named);
    }

    /** Arguments of a function that takes positional ones only. */
    List<Object> onlyPositional() {
        if (!named.isEmpty()) {
            throw error("takes no keyword arguments");
        }
        return positional;
    }

    JinjaException error(String what) {
        return JinjaException.error(function + "() " + what);
    }

    /** Arguments by name. */
    record Bound(Args call, Map<String, Object> values) {

        boolean has(String name) {
            return values.containsKey(name);
        }

        Object required(String name) {
            Object value = values.get(name);
            if (value == null) {
                throw call.error("missing 1 required positional argument: '" + name + "'");
            }
            return value;
        }

        Object optional(String name, Object fallback) {
            return values.getOrDefault(name, fallback);
        }

        boolean flag(String name, boolean fallback) {
            return values.containsKey(name) ? Values.truth(required(name)) : fallback;
        }

        /** A whole number; None counts as absent. */
        long integer(String name, long fallback) {
            Object value = optional(name, None.NONE);
            return value == None.NONE ? fallback : Numbers.index(value);
        }

        /** A text; None counts as absent. */
        String text(String name, String fallback) {
            Object value = optional(name, None.NONE);
            return value == None.NONE ? fallback : Values.text(value);
        }
    }
}
