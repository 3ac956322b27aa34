package dev.gorgon.engine.speculate;

/**
 * Guesses from the tokens alone, without the model. What it guesses affects speed only: the walk emits what plain decoding would.
 */
@FunctionalInterface
public interface Drafter {

    /** Guesses nothing. */
    Drafter NONE = (tokens, length, limit) -> DraftTree.EMPTY;

    /**
     * @param tokens prompt and generated tokens; the last of them is the pending one
     * @param length how many of {@code tokens} are valid
     * @param limit largest useful number of guesses in a row, at least 1
     */
    DraftTree draft(int[] tokens, int length, int limit);
}
