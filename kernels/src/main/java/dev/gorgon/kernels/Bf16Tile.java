package dev.gorgon.kernels;

import static dev.gorgon.kernels.VectorMath.FLOATS;
import static dev.gorgon.kernels.VectorMath.VECTOR_BYTES;
import static dev.gorgon.kernels.VectorMath.broadcast;
import static dev.gorgon.kernels.VectorMath.even;
import static dev.gorgon.kernels.VectorMath.loadPairs;
import static dev.gorgon.kernels.VectorMath.odd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Register tiles over bfloat16 weights: one 32-bit load gives a lane its weights for two inputs.
 */
final class Bf16Tile implements LinearTile {

    /** Bytes of one pair of inputs in a block. */
    private static final int PAIR_BYTES = 128;

    @Override
    public void oneRowTwoBlocks(long w, long w2, int pairs, Rows rows) {
        long x0 = rows.x(0);
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
            long k = 8L * pair;
            IntVector p0 = loadPairs(w + at);
            IntVector p1 = loadPairs(w + at + VECTOR_BYTES);
            IntVector p2 = loadPairs(w2 + at);
            IntVector p3 = loadPairs(w2 + at + VECTOR_BYTES);
            FloatVector we0 = even(p0);
            FloatVector wo0 = odd(p0);
            FloatVector we1 = even(p1);
            FloatVector wo1 = odd(p1);
            FloatVector we2 = even(p2);
            FloatVector wo2 = odd(p2);
            FloatVector we3 = even(p3);
            FloatVector wo3 = odd(p3);
            FloatVector xe0 = broadcast(x0 + k);
            FloatVector xo0 = broadcast(x0 + k + 4);
            e00 = we0.fma(xe0, e00);
            o00 = wo0.fma(xo0, o00);
            e01 = we1.fma(xe0, e01);
            o01 = wo1.fma(xo0, o01);
            e02 = we2.fma(xe0, e02);
            o02 = wo2.fma(xo0, o02);
            e03 = we3.fma(xe0, e03);
            o03 = wo3.fma(xo0, o03);
        }
        rows.store(0, 0, e00.add(o00), e01.add(o01));
        rows.store(0, 1, e02.add(o02), e03.add(o03));
    }

    @Override
    public void oneRow(long w, int pairs, Rows rows) {
        long x0 = rows.x(0);
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector e00 = zero;
        FloatVector o00 = zero;
        FloatVector e01 = zero;
        FloatVector o01 = zero;
        for (int pair = 0; pair < pairs; pair++) {
            long at = (long) pair * PAIR_BYTES;
            long k = 8L * pair;
            IntVector p0 = loadPairs(w + at);
            IntVector p1 = loadPairs(w + at + VECTOR_BYTES);
            FloatVector we0 = even(p0);
            FloatVector wo0 = odd(p0);
            FloatVector we1 = even(p1);
            FloatVector wo1 = odd(p1);
            FloatVector xe0 = broadcast(x0 + k);
            FloatVector xo0 = broadcast(x0 + k + 4);
            e00 = we0.fma(xe0, e00);
            o00 = wo0.fma(xo0, o00);
            e01 = we1.fma(xe0, e01);
            o01 = wo1.fma(xo0, o01);
        }
        rows.store(0, 0, e00.add(o00), e01.add(o01));
    }

    @Override
    public void twoRows(long w, int pairs, Rows rows) {
        long x0 = rows.x(0);
        long x1 = rows.x(1);
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
            long k = 8L * pair;
            IntVector p0 = loadPairs(w + at);
            IntVector p1 = loadPairs(w + at + VECTOR_BYTES);
            FloatVector we0 = even(p0);
            FloatVector wo0 = odd(p0);
            FloatVector we1 = even(p1);
            FloatVector wo1 = odd(p1);
            FloatVector xe0 = broadcast(x0 + k);
            FloatVector xo0 = broadcast(x0 + k + 4);
            e00 = we0.fma(xe0, e00);
            o00 = wo0.fma(xo0, o00);
            e01 = we1.fma(xe0, e01);
            o01 = wo1.fma(xo0, o01);
            FloatVector xe1 = broadcast(x1 + k);
            FloatVector xo1 = broadcast(x1 + k + 4);
            e10 = we0.fma(xe1, e10);
            o10 = wo0.fma(xo1, o10);
            e11 = we1.fma(xe1, e11);
            o11 = wo1.fma(xo1, o11);
        }
        rows.store(0, 0, e00.add(o00), e01.add(o01));
        rows.store(1, 0, e10.add(o10), e11.add(o11));
    }

    @Override
    public void threeRows(long w, int pairs, Rows rows) {
        long x0 = rows.x(0);
        long x1 = rows.x(1);
        long x2 = rows.x(2);
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
            long k = 8L * pair;
            IntVector p0 = loadPairs(w + at);
            IntVector p1 = loadPairs(w + at + VECTOR_BYTES);
            FloatVector we0 = even(p0);
            FloatVector wo0 = odd(p0);
            FloatVector we1 = even(p1);
            FloatVector wo1 = odd(p1);
            FloatVector xe0 = broadcast(x0 + k);
            FloatVector xo0 = broadcast(x0 + k + 4);
            e00 = we0.fma(xe0, e00);
            o00 = wo0.fma(xo0, o00);
            e01 = we1.fma(xe0, e01);
            o01 = wo1.fma(xo0, o01);
            FloatVector xe1 = broadcast(x1 + k);
            FloatVector xo1 = broadcast(x1 + k + 4);
            e10 = we0.fma(xe1, e10);
            o10 = wo0.fma(xo1, o10);
            e11 = we1.fma(xe1, e11);
            o11 = wo1.fma(xo1, o11);
            FloatVector xe2 = broadcast(x2 + k);
            FloatVector xo2 = broadcast(x2 + k + 4);
            e20 = we0.fma(xe2, e20);
            o20 = wo0.fma(xo2, o20);
            e21 = we1.fma(xe2, e21);
            o21 = wo1.fma(xo2, o21);
        }
        rows.store(0, 0, e00.add(o00), e01.add(o01));
        rows.store(1, 0, e10.add(o10), e11.add(o11));
        rows.store(2, 0, e20.add(o20), e21.add(o21));
    }

    @Override
    public void fourRows(long w, int pairs, Rows rows) {
        long x0 = rows.x(0);
        long x1 = rows.x(1);
        long x2 = rows.x(2);
        long x3 = rows.x(3);
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
            long k = 8L * pair;
            IntVector p0 = loadPairs(w + at);
            IntVector p1 = loadPairs(w + at + VECTOR_BYTES);
            FloatVector we0 = even(p0);
            FloatVector wo0 = odd(p0);
            FloatVector we1 = even(p1);
            FloatVector wo1 = odd(p1);
            FloatVector xe0 = broadcast(x0 + k);
            FloatVector xo0 = broadcast(x0 + k + 4);
            e00 = we0.fma(xe0, e00);
            o00 = wo0.fma(xo0, o00);
            e01 = we1.fma(xe0, e01);
            o01 = wo1.fma(xo0, o01);
            FloatVector xe1 = broadcast(x1 + k);
            FloatVector xo1 = broadcast(x1 + k + 4);
            e10 = we0.fma(xe1, e10);
            o10 = wo0.fma(xo1, o10);
            e11 = we1.fma(xe1, e11);
            o11 = wo1.fma(xo1, o11);
            FloatVector xe2 = broadcast(x2 + k);
            FloatVector xo2 = broadcast(x2 + k + 4);
            e20 = we0.fma(xe2, e20);
            o20 = wo0.fma(xo2, o20);
            e21 = we1.fma(xe2, e21);
            o21 = wo1.fma(xo2, o21);
            FloatVector xe3 = broadcast(x3 + k);
            FloatVector xo3 = broadcast(x3 + k + 4);
            e30 = we0.fma(xe3, e30);
            o30 = wo0.fma(xo3, o30);
            e31 = we1.fma(xe3, e31);
            o31 = wo1.fma(xo3, o31);
        }
        rows.store(0, 0, e00.add(o00), e01.add(o01));
        rows.store(1, 0, e10.add(o10), e11.add(o11));
        rows.store(2, 0, e20.add(o20), e21.add(o21));
        rows.store(3, 0, e30.add(o30), e31.add(o31));
    }
}
