package dev.gorgon.engine.text.template;

import java.util.List;

/** What {@code groupby} yields: a pair whose halves have names. */
record Group(Object grouper, List<Object> list) {
    Tuple tuple() {
        return Tuple.of(grouper, list);
    }
}
