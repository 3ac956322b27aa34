package dev.gorgon.engine.text.template;

/**
 * What a template may use up.
 *
 * @param templateChars length of the source
 * @param outputChars length of the result, and of any string on the way
 * @param steps operations in all: loop iterations, evaluated expressions, compared values; a call that touches text counts
 *     one for 16 characters
 * @param allocation characters and eight times the list elements that may be made in all
 * @param depth nested expressions, statements, macro calls and values
 * @param rangeLength numbers in one {@code range}
 * @param integerBits size of whole numbers
 */
public record Limits(
        int templateChars, int outputChars, long steps, long allocation, int depth, int rangeLength, int integerBits) {

    /** Far beyond what any real conversation needs. */
    public static final Limits DEFAULT =
            new Limits(2 << 20, 16_000_000, 20_000_000L, 200_000_000L, 600, 100_000, 14_000);
}
