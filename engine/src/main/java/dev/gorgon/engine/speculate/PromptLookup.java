package dev.gorgon.engine.speculate;

import java.util.Arrays;

/**
 * Prompt lookup: finds the longest recent repetition of the sequence's ending and guesses that it goes on the same way. Unlike
 * LoRAX's n-gram mode it needs at least two matching tokens, prefers the latest match, and guesses nothing without one.
 */
public final class PromptLookup implements Drafter {

    private static final int LONGEST = 4;
    private static final int SHORTEST = 2;
    /** How far back to look: bounds the time per step. */
    private static final int HORIZON = 2048;

    @Override
    public DraftTree draft(int[] tokens, int length, int limit) {
        int oldest = Math.max(0, length - HORIZON);
        for (int size = LONGEST; size >= SHORTEST; size--) {
            for (int start = length - size - 1; start >= oldest; start--) {
                if (Arrays.equals(tokens, start, start + size, tokens, length - size, length)) {
                    int from = start + size;
                    return DraftTree.chain(Arrays.copyOfRange(tokens, from, Math.min(length, from + limit)));
                }
            }
        }
        return DraftTree.EMPTY;
    }
}
