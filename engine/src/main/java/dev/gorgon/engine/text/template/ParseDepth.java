package dev.gorgon.engine.text.template;

/** Keeps syntax trees shallow enough to be walked by recursion. */
final class ParseDepth {
    static final int MAX_DEPTH = 100;

    /** Operators of one statement: {@code a + b + …} is a tree as deep as it is long. */
    static final int MAX_CHAIN = 1000;

    private int depth;
    private int chain;

    void enter(int line) {
        if (++depth > MAX_DEPTH) {
            throw JinjaException.syntax("nested too deeply: more than " + MAX_DEPTH + " levels", line);
        }
    }

    void leave() {
        depth--;
    }

    void link(int line) {
        if (++chain > MAX_CHAIN) {
            throw JinjaException.syntax("more than " + MAX_CHAIN + " operators in one statement", line);
        }
    }

    /** A new statement begins. */
    void statement() {
        chain = 0;
    }
}
