package dev.gorgon.engine.text.template;

import java.util.Iterator;

/** What {@code keys()}, {@code values()} and {@code items()} of a dict return. */
record DictView(Dict dict, Kind kind) {

    enum Kind {
        KEYS,
        VALUES,
        ITEMS
    }

    Iterator<Object> iterator() {
        return dict.entries().stream().map(this::item).iterator();
    }

    private Object item(Dict.Entry entry) {
        return switch (kind) {
            case KEYS -> entry.key();
            case VALUES -> entry.value();
            case ITEMS -> Tuple.of(entry.key(), entry.value());
        };
    }
}
