package dev.gorgon.kernels;

import jdk.incubator.vector.FloatVector;

/**
 * Register tiles of a matrix product: a few rows by two vectors of outputs. Per element all tiles do the same: even inputs in one
 * sum, odd inputs in another. They are written out because the sums must live in registers: four rows take 16 of them, and one
 * row reads two blocks at once, which keeps two streams of weights in flight where memory is the limit.
 */
interface LinearTile {

    void oneRowTwoBlocks(long w, long w2, int pairs, Rows rows);

    void oneRow(long w, int pairs, Rows rows);

    void twoRows(long w, int pairs, Rows rows);

    void threeRows(long w, int pairs, Rows rows);

    void fourRows(long w, int pairs, Rows rows);

    /**
     * Where a tile reads and writes.
     *
     * @param x inputs
     * @param y outputs
     * @param firstRow row of the tile's first row
     * @param firstColumn output of the tile's first lane
     * @param accumulate whether to add to the outputs
     */
    record Rows(FloatMatrix x, FloatMatrix y, int firstRow, int firstColumn, boolean accumulate) {

        long x(int row) {
            return x.address(firstRow + row);
        }

        /** Stores two vectors of outputs, leaving out those beyond the matrix. */
        void store(int row, int block, FloatVector low, FloatVector high) {
            int column = firstColumn + block * PackedMatrix.BLOCK;
            long address = y.address(firstRow + row) + 4L * column;
            int valid = y.columns() - column;
            store(low, address, valid);
            store(high, address + VectorMath.VECTOR_BYTES, valid - VectorMath.LANES);
        }

        private void store(FloatVector value, long address, int valid) {
            if (valid >= VectorMath.LANES) {
                VectorMath.store(accumulate ? VectorMath.load(address).add(value) : value, address);
                return;
            }
            for (int i = 0; i < valid; i++) {
                long at = address + 4L * i;
                Memory.putFloat(at, accumulate ? Memory.getFloat(at) + value.lane(i) : value.lane(i));
            }
        }
    }
}
