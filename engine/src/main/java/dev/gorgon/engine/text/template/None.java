package dev.gorgon.engine.text.template;

/** Python's {@code None}. */
enum None {
    NONE
}
