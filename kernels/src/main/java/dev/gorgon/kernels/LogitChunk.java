package dev.gorgon.kernels;

/**
 * Statistics of a run of logits, to be merged over the runs of a row.
 *
 * @param argMax index of the largest logit, the lowest one among equals; -1 when there is a NaN
 * @param max the largest logit
 * @param sumExp sum of exp(logit - max); NaN when a logit is NaN or +infinity
 */
public record LogitChunk(int argMax, float max, float sumExp) {

    /** Logits per chunk: fixed, so that the order of additions depends on the vocabulary only. */
    public static final int SIZE = 1024;

    /** Number of chunks of a row. */
    public static int count(int vocabularySize) {
        return (vocabularySize + SIZE - 1) / SIZE;
    }
}
