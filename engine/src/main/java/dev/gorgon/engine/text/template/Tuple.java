package dev.gorgon.engine.text.template;

import java.util.List;

/** Python's tuple; a {@link List} is Python's list. */
record Tuple(List<Object> items) {
    static Tuple of(Object... items) {
        return new Tuple(List.of(items));
    }
}
