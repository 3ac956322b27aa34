package dev.gorgon.engine.text.template;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Variables of a loop's round, a macro or a block; what is not here is looked for outside. */
final class Scope {
    private final @Nullable Scope parent;
    private final Map<String, Object> variables = new HashMap<>();

    private Scope(@Nullable Scope parent) {
        this.parent = parent;
    }

    static Scope root() {
        return new Scope(null);
    }

    Scope child() {
        return new Scope(this);
    }

    /** The outermost scope, where a template's own variables are. */
    Scope top() {
        Scope scope = this;
        while (scope.parent != null && scope.parent.parent != null) {
            scope = scope.parent;
        }
        return scope;
    }

    void set(String name, Object value) {
        variables.put(name, value);
    }

    Object get(String name) {
        for (Scope scope = this; scope != null; scope = scope.parent) {
            Object value = scope.variables.get(name);
            if (value != null) {
                return value;
            }
        }
        return Undefined.name(name);
    }
}
