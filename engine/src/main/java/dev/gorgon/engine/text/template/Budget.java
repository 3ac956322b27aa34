package dev.gorgon.engine.text.template;

/**
 * What one rendering has used up. Every operation whose cost depends on the template or its variables goes through here, so that
 * neither can take memory, stack or time without bound.
 */
final class Budget {
    private static final int CHARS_PER_STEP = 16;
    private static final int CHARS_PER_ELEMENT = 8;

    private final Limits limits;
    private long steps;
    private long allocation;
    private long output;
    private int depth;

    Budget(Limits limits) {
        this.limits = limits;
    }

    void step() {
        work(1);
    }

    void work(long amount) {
        steps += amount;
        if (steps > limits.steps()) {
            throw JinjaException.error("the template takes too long: it needs more than " + limits.steps() + " steps");
        }
    }

    /** An operation that reads so many characters. */
    void scan(long chars) {
        work(1 + chars / CHARS_PER_STEP);
    }

    /** A new string of this length; asked before it is made. */
    void string(long chars) {
        fits(chars);
        scan(chars);
        allocate(chars);
    }

    /** Whether text that grows may be so long. */
    void fits(long chars) {
        if (chars > limits.outputChars()) {
            throw JinjaException.error(
                    "a text of the template is too long: more than " + limits.outputChars() + " characters");
        }
    }

    /** A new collection with so many elements; asked before it is made. */
    void elements(long count) {
        work(1 + count);
        allocate(count * CHARS_PER_ELEMENT);
    }

    private void allocate(long chars) {
        allocation += chars;
        if (allocation > limits.allocation()) {
            throw JinjaException.error(
                    "the template takes too much memory: more than " + limits.allocation() + " characters");
        }
    }

    /** Text that joins the output, or what a macro or block collects. */
    void output(long chars) {
        output += chars;
        if (output > limits.outputChars()) {
            throw JinjaException.error("the output is too long: more than " + limits.outputChars() + " characters");
        }
        scan(chars);
    }

    /** Collected text has left the buffers and is charged as a string. */
    void collected(int chars) {
        output -= chars;
        string(chars);
    }

    /** One level deeper. Each call needs its {@link #leave}, unless the rendering ends with an exception. */
    void enter() {
        step();
        if (++depth > limits.depth()) {
            throw JinjaException.error("the template is nested too deeply: more than " + limits.depth() + " levels");
        }
    }

    void leave() {
        depth--;
    }

    void range(long length) {
        if (length > limits.rangeLength()) {
            throw JinjaException.error(
                    "Range too big. The sandbox blocks ranges larger than MAX_RANGE (" + limits.rangeLength() + ").");
        }
    }

    void integer(long bits) {
        if (bits > limits.integerBits()) {
            throw JinjaException.error(
                    "a number of the template is too large: more than " + limits.integerBits() + " bits");
        }
    }
}
