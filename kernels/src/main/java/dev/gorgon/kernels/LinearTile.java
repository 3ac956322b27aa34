package dev.gorgon.kernels;

/**
 * Register tiles of a matrix product: a few rows by two or four vectors of outputs. Per element all tiles do the same: even inputs
 * in one sum, odd inputs in another. They are written out because the sums must live in registers: four rows take 16 of them, and
 * one or two rows read two blocks at once, which keeps two streams of weights in flight where memory is the limit. Sums are
 * left on the heap: stores to arrays are less code, and a tile that is too large for the compiler spills its sums to objects.
 */
interface LinearTile {

    /** Sums per row: two blocks. */
    int ROW = 2 * PackedMatrix.BLOCK;

    void oneRowTwoBlocks(long w, long w2, int pairs, Rows rows);

    void oneRow(long w, int pairs, Rows rows);

    void twoRowsTwoBlocks(long w, long w2, int pairs, Rows rows);

    void twoRows(long w, int pairs, Rows rows);

    void threeRows(long w, int pairs, Rows rows);

    void fourRows(long w, int pairs, Rows rows);

    /**
     * Where a tile reads and writes.
     *
     * @param x inputs, copied to the heap: array elements are what the compiler turns into broadcasts with the least code
     * @param xAt index of the first row's inputs
     * @param xStride elements to the next row's
     * @param sums {@link #ROW} results per row; the second block's stand {@link PackedMatrix#BLOCK} after the first's
     */
    record Rows(float[] x, int xAt, int xStride, float[] sums) {}
}
