package dev.gorgon.kernels;

import org.jspecify.annotations.Nullable;

/**
 * The inner loops of attention for one page format. Scores have a lane per position, sums a lane per dimension, two vectors of
 * dimensions at a time. Scores live on the heap for the reason given in {@link LinearTile}.
 */
interface AttentionTile {

    /** Scores of one query for the positions of a page. */
    void scoreOne(long keys, int headDim, long query, float scale, float[] scores, int at);

    /** The same for four queries; their scores are {@code stride} elements apart. */
    void scoreFour(long keys, int headDim, long[] queries, float scale, float[] scores, int at, int stride);

    /**
     * Weighted sum of values for one query, divided by {@code sum}.
     *
     * @param values offset in a page of the first dimension's value in slot 0
     * @param weights weights; that of position p stands at {@code at + p}
     */
    void sumOne(Slots slots, long values, int headDim, float[] weights, int at, float sum, long output);

    /** The same for four queries whose slots are in order of position. */
    void sumFour(Slots slots, long values, int headDim, FourQueries queries);

    /**
     * Positions and where they lie.
     *
     * @param pages the pages
     * @param from first position
     * @param to position after the last
     * @param prefixLength positions below it lie at the slot of their number
     * @param path slots of the others; null if they, too, lie in order
     */
    record Slots(KvPages pages, int from, int to, int prefixLength, int @Nullable [] path) {

        int slot(int position) {
            return path == null || position < prefixLength ? position : path[position - prefixLength];
        }

        long page(int slot) {
            return pages.page(slot);
        }
    }

    /**
     * Four queries.
     *
     * @param weights weights; the first one's stand at their positions
     * @param stride elements to the next one's
     * @param sums their sums of weights
     * @param outputs addresses of their output heads
     * @param offset byte offset of the first dimension in a head
     */
    record FourQueries(float[] weights, int stride, float[] sums, long[] outputs, long offset) {}
}
