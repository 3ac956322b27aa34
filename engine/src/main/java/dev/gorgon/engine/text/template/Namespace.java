package dev.gorgon.engine.text.template;

import java.util.LinkedHashMap;
import java.util.Map;

/** Jinja's {@code namespace}: the only value that a template can change. */
record Namespace(Map<String, Object> attributes) {
    Namespace() {
        this(new LinkedHashMap<>());
    }

    /** A namespace equals itself only; it may contain itself. */
    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
