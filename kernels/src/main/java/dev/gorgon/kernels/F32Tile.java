package dev.gorgon.kernels;

import static dev.gorgon.kernels.VectorMath.FLOATS;
import static dev.gorgon.kernels.VectorMath.LANES;
import static dev.gorgon.kernels.VectorMath.VECTOR_BYTES;
import static dev.gorgon.kernels.VectorMath.load;

import jdk.incubator.vector.FloatVector;

/** Register tiles over float32 weights. */
final class F32Tile implements LinearTile {

    /** Bytes of one pair of inputs in a block. */
    private static final int PAIR_BYTES = 256;

    /** From the weights of an even input to those of the odd one after it. */
    private static final int ODD = 4 * PackedMatrix.BLOCK;

    /** From the sums of a row to those of the next: two blocks. */
    private static final int ROW = LinearTile.ROW;

    @Override
    public void oneRowTwoBlocks(long w, long w2, int pairs, Rows rows) {
        float[] x = rows.x();
        int x0 = rows.xAt();
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector e00 = zero;
        FloatVector o00 = zero;
        FloatVector e01 = zero;
        FloatVector o01 = zero;
        FloatVector e02 = zero;
        FloatVector o02 = zero;
        FloatVector e03 = zero;
        FloatVector o03 = zero;
        for (int pair = 0; pair < pairs; pair++) {
            long at = (long) pair * PAIR_BYTES;
            int k = 2 * pair;
            FloatVector we0 = load(w + at);
            FloatVector wo0 = load(w + at + ODD);
            FloatVector we1 = load(w + at + VECTOR_BYTES);
            FloatVector wo1 = load(w + at + ODD + VECTOR_BYTES);
            FloatVector we2 = load(w2 + at);
            FloatVector wo2 = load(w2 + at + ODD);
            FloatVector we3 = load(w2 + at + VECTOR_BYTES);
            FloatVector wo3 = load(w2 + at + ODD + VECTOR_BYTES);
            FloatVector xe0 = FloatVector.broadcast(FLOATS, x[x0 + k]);
            FloatVector xo0 = FloatVector.broadcast(FLOATS, x[x0 + k + 1]);
            e00 = we0.fma(xe0, e00);
            o00 = wo0.fma(xo0, o00);
            e01 = we1.fma(xe0, e01);
            o01 = wo1.fma(xo0, o01);
            e02 = we2.fma(xe0, e02);
            o02 = wo2.fma(xo0, o02);
            e03 = we3.fma(xe0, e03);
            o03 = wo3.fma(xo0, o03);
        }
        float[] sums = rows.sums();
        e00.add(o00).intoArray(sums, 0);
        e01.add(o01).intoArray(sums, LANES);
        e02.add(o02).intoArray(sums, PackedMatrix.BLOCK);
        e03.add(o03).intoArray(sums, PackedMatrix.BLOCK + LANES);
    }

    @Override
    public void oneRow(long w, int pairs, Rows rows) {
        float[] x = rows.x();
        int x0 = rows.xAt();
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector e00 = zero;
        FloatVector o00 = zero;
        FloatVector e01 = zero;
        FloatVector o01 = zero;
        for (int pair = 0; pair < pairs; pair++) {
            long at = (long) pair * PAIR_BYTES;
            int k = 2 * pair;
            FloatVector we0 = load(w + at);
            FloatVector wo0 = load(w + at + ODD);
            FloatVector we1 = load(w + at + VECTOR_BYTES);
            FloatVector wo1 = load(w + at + ODD + VECTOR_BYTES);
            FloatVector xe0 = FloatVector.broadcast(FLOATS, x[x0 + k]);
            FloatVector xo0 = FloatVector.broadcast(FLOATS, x[x0 + k + 1]);
            e00 = we0.fma(xe0, e00);
            o00 = wo0.fma(xo0, o00);
            e01 = we1.fma(xe0, e01);
            o01 = wo1.fma(xo0, o01);
        }
        float[] sums = rows.sums();
        e00.add(o00).intoArray(sums, 0);
        e01.add(o01).intoArray(sums, LANES);
    }

    @Override
    public void twoRowsTwoBlocks(long w, long w2, int pairs, Rows rows) {
        float[] x = rows.x();
        int x0 = rows.xAt();
        int x1 = x0 + rows.xStride();
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector e00 = zero;
        FloatVector o00 = zero;
        FloatVector e01 = zero;
        FloatVector o01 = zero;
        FloatVector e02 = zero;
        FloatVector o02 = zero;
        FloatVector e03 = zero;
        FloatVector o03 = zero;
        FloatVector e10 = zero;
        FloatVector o10 = zero;
        FloatVector e11 = zero;
        FloatVector o11 = zero;
        FloatVector e12 = zero;
        FloatVector o12 = zero;
        FloatVector e13 = zero;
        FloatVector o13 = zero;
        for (int pair = 0; pair < pairs; pair++) {
            long at = (long) pair * PAIR_BYTES;
            int k = 2 * pair;
            FloatVector we0 = load(w + at);
            FloatVector wo0 = load(w + at + ODD);
            FloatVector we1 = load(w + at + VECTOR_BYTES);
            FloatVector wo1 = load(w + at + ODD + VECTOR_BYTES);
            FloatVector we2 = load(w2 + at);
            FloatVector wo2 = load(w2 + at + ODD);
            FloatVector we3 = load(w2 + at + VECTOR_BYTES);
            FloatVector wo3 = load(w2 + at + ODD + VECTOR_BYTES);
            FloatVector xe0 = FloatVector.broadcast(FLOATS, x[x0 + k]);
            FloatVector xo0 = FloatVector.broadcast(FLOATS, x[x0 + k + 1]);
            e00 = we0.fma(xe0, e00);
            o00 = wo0.fma(xo0, o00);
            e01 = we1.fma(xe0, e01);
            o01 = wo1.fma(xo0, o01);
            e02 = we2.fma(xe0, e02);
            o02 = wo2.fma(xo0, o02);
            e03 = we3.fma(xe0, e03);
            o03 = wo3.fma(xo0, o03);
            FloatVector xe1 = FloatVector.broadcast(FLOATS, x[x1 + k]);
            FloatVector xo1 = FloatVector.broadcast(FLOATS, x[x1 + k + 1]);
            e10 = we0.fma(xe1, e10);
            o10 = wo0.fma(xo1, o10);
            e11 = we1.fma(xe1, e11);
            o11 = wo1.fma(xo1, o11);
            e12 = we2.fma(xe1, e12);
            o12 = wo2.fma(xo1, o12);
            e13 = we3.fma(xe1, e13);
            o13 = wo3.fma(xo1, o13);
        }
        float[] sums = rows.sums();
        e00.add(o00).intoArray(sums, 0);
        e01.add(o01).intoArray(sums, LANES);
        e02.add(o02).intoArray(sums, PackedMatrix.BLOCK);
        e03.add(o03).intoArray(sums, PackedMatrix.BLOCK + LANES);
        e10.add(o10).intoArray(sums, ROW);
        e11.add(o11).intoArray(sums, ROW + LANES);
        e12.add(o12).intoArray(sums, ROW + PackedMatrix.BLOCK);
        e13.add(o13).intoArray(sums, ROW + PackedMatrix.BLOCK + LANES);
    }

    @Override
    public void twoRows(long w, int pairs, Rows rows) {
        float[] x = rows.x();
        int x0 = rows.xAt();
        int x1 = x0 + rows.xStride();
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector e00 = zero;
        FloatVector o00 = zero;
        FloatVector e01 = zero;
        FloatVector o01 = zero;
        FloatVector e10 = zero;
        FloatVector o10 = zero;
        FloatVector e11 = zero;
        FloatVector o11 = zero;
        for (int pair = 0; pair < pairs; pair++) {
            long at = (long) pair * PAIR_BYTES;
            int k = 2 * pair;
            FloatVector we0 = load(w + at);
            FloatVector wo0 = load(w + at + ODD);
            FloatVector we1 = load(w + at + VECTOR_BYTES);
            FloatVector wo1 = load(w + at + ODD + VECTOR_BYTES);
            FloatVector xe0 = FloatVector.broadcast(FLOATS, x[x0 + k]);
            FloatVector xo0 = FloatVector.broadcast(FLOATS, x[x0 + k + 1]);
            e00 = we0.fma(xe0, e00);
            o00 = wo0.fma(xo0, o00);
            e01 = we1.fma(xe0, e01);
            o01 = wo1.fma(xo0, o01);
            FloatVector xe1 = FloatVector.broadcast(FLOATS, x[x1 + k]);
            FloatVector xo1 = FloatVector.broadcast(FLOATS, x[x1 + k + 1]);
            e10 = we0.fma(xe1, e10);
            o10 = wo0.fma(xo1, o10);
            e11 = we1.fma(xe1, e11);
            o11 = wo1.fma(xo1, o11);
        }
        float[] sums = rows.sums();
        e00.add(o00).intoArray(sums, 0);
        e01.add(o01).intoArray(sums, LANES);
        e10.add(o10).intoArray(sums, ROW);
        e11.add(o11).intoArray(sums, ROW + LANES);
    }

    @Override
    public void threeRows(long w, int pairs, Rows rows) {
        float[] x = rows.x();
        int x0 = rows.xAt();
        int x1 = x0 + rows.xStride();
        int x2 = x0 + 2 * rows.xStride();
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector e00 = zero;
        FloatVector o00 = zero;
        FloatVector e01 = zero;
        FloatVector o01 = zero;
        FloatVector e10 = zero;
        FloatVector o10 = zero;
        FloatVector e11 = zero;
        FloatVector o11 = zero;
        FloatVector e20 = zero;
        FloatVector o20 = zero;
        FloatVector e21 = zero;
        FloatVector o21 = zero;
        for (int pair = 0; pair < pairs; pair++) {
            long at = (long) pair * PAIR_BYTES;
            int k = 2 * pair;
            FloatVector we0 = load(w + at);
            FloatVector wo0 = load(w + at + ODD);
            FloatVector we1 = load(w + at + VECTOR_BYTES);
            FloatVector wo1 = load(w + at + ODD + VECTOR_BYTES);
            FloatVector xe0 = FloatVector.broadcast(FLOATS, x[x0 + k]);
            FloatVector xo0 = FloatVector.broadcast(FLOATS, x[x0 + k + 1]);
            e00 = we0.fma(xe0, e00);
            o00 = wo0.fma(xo0, o00);
            e01 = we1.fma(xe0, e01);
            o01 = wo1.fma(xo0, o01);
            FloatVector xe1 = FloatVector.broadcast(FLOATS, x[x1 + k]);
            FloatVector xo1 = FloatVector.broadcast(FLOATS, x[x1 + k + 1]);
            e10 = we0.fma(xe1, e10);
            o10 = wo0.fma(xo1, o10);
            e11 = we1.fma(xe1, e11);
            o11 = wo1.fma(xo1, o11);
            FloatVector xe2 = FloatVector.broadcast(FLOATS, x[x2 + k]);
            FloatVector xo2 = FloatVector.broadcast(FLOATS, x[x2 + k + 1]);
            e20 = we0.fma(xe2, e20);
            o20 = wo0.fma(xo2, o20);
            e21 = we1.fma(xe2, e21);
            o21 = wo1.fma(xo2, o21);
        }
        float[] sums = rows.sums();
        e00.add(o00).intoArray(sums, 0);
        e01.add(o01).intoArray(sums, LANES);
        e10.add(o10).intoArray(sums, ROW);
        e11.add(o11).intoArray(sums, ROW + LANES);
        e20.add(o20).intoArray(sums, 2 * ROW);
        e21.add(o21).intoArray(sums, 2 * ROW + LANES);
    }

    @Override
    public void fourRows(long w, int pairs, Rows rows) {
        float[] x = rows.x();
        int x0 = rows.xAt();
        int x1 = x0 + rows.xStride();
        int x2 = x0 + 2 * rows.xStride();
        int x3 = x0 + 3 * rows.xStride();
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector e00 = zero;
        FloatVector o00 = zero;
        FloatVector e01 = zero;
        FloatVector o01 = zero;
        FloatVector e10 = zero;
        FloatVector o10 = zero;
        FloatVector e11 = zero;
        FloatVector o11 = zero;
        FloatVector e20 = zero;
        FloatVector o20 = zero;
        FloatVector e21 = zero;
        FloatVector o21 = zero;
        FloatVector e30 = zero;
        FloatVector o30 = zero;
        FloatVector e31 = zero;
        FloatVector o31 = zero;
        for (int pair = 0; pair < pairs; pair++) {
            long at = (long) pair * PAIR_BYTES;
            int k = 2 * pair;
            FloatVector we0 = load(w + at);
            FloatVector wo0 = load(w + at + ODD);
            FloatVector we1 = load(w + at + VECTOR_BYTES);
            FloatVector wo1 = load(w + at + ODD + VECTOR_BYTES);
            FloatVector xe0 = FloatVector.broadcast(FLOATS, x[x0 + k]);
            FloatVector xo0 = FloatVector.broadcast(FLOATS, x[x0 + k + 1]);
            e00 = we0.fma(xe0, e00);
            o00 = wo0.fma(xo0, o00);
            e01 = we1.fma(xe0, e01);
            o01 = wo1.fma(xo0, o01);
            FloatVector xe1 = FloatVector.broadcast(FLOATS, x[x1 + k]);
            FloatVector xo1 = FloatVector.broadcast(FLOATS, x[x1 + k + 1]);
            e10 = we0.fma(xe1, e10);
            o10 = wo0.fma(xo1, o10);
            e11 = we1.fma(xe1, e11);
            o11 = wo1.fma(xo1, o11);
            FloatVector xe2 = FloatVector.broadcast(FLOATS, x[x2 + k]);
            FloatVector xo2 = FloatVector.broadcast(FLOATS, x[x2 + k + 1]);
            e20 = we0.fma(xe2, e20);
            o20 = wo0.fma(xo2, o20);
            e21 = we1.fma(xe2, e21);
            o21 = wo1.fma(xo2, o21);
            FloatVector xe3 = FloatVector.broadcast(FLOATS, x[x3 + k]);
            FloatVector xo3 = FloatVector.broadcast(FLOATS, x[x3 + k + 1]);
            e30 = we0.fma(xe3, e30);
            o30 = wo0.fma(xo3, o30);
            e31 = we1.fma(xe3, e31);
            o31 = wo1.fma(xo3, o31);
        }
        float[] sums = rows.sums();
        e00.add(o00).intoArray(sums, 0);
        e01.add(o01).intoArray(sums, LANES);
        e10.add(o10).intoArray(sums, ROW);
        e11.add(o11).intoArray(sums, ROW + LANES);
        e20.add(o20).intoArray(sums, 2 * ROW);
        e21.add(o21).intoArray(sums, 2 * ROW + LANES);
        e30.add(o30).intoArray(sums, 3 * ROW);
        e31.add(o31).intoArray(sums, 3 * ROW + LANES);
    }
}
