package dev.gorgon.kernels;

/**
 * One unit of attention work: some rows of one sequence and the query heads that share one key/value head.
 *
 * @param pages keys and values, the rows of this step included
 * @param queries rotated queries, one row per token; the heads of this unit start at column {@code firstColumn}
 * @param output same shape as {@code queries}
 * @param firstColumn first column of the first query head
 * @param heads number of query heads
 * @param contexts what each row may look at
 * @param window a row at position p attends to positions above {@code p - window} only; 0 for no limit
 * @param scale factor of the scores
 */
public record Attention(
        KvPages pages,
        FloatMatrix queries,
        FloatMatrix output,
        int firstColumn,
        int heads,
        RowContexts contexts,
        int window,
        float scale) {

    /** First position that a row attends to. */
    int start(int row) {
        return window == 0 ? 0 : Math.max(0, contexts.positions()[row] - window + 1);
    }
}
