package dev.gorgon.kernels;

import static dev.gorgon.kernels.VectorMath.FLOATS;
import static dev.gorgon.kernels.VectorMath.LANES;
import static dev.gorgon.kernels.VectorMath.VECTOR_BYTES;
import static dev.gorgon.kernels.VectorMath.broadcast;
import static dev.gorgon.kernels.VectorMath.load;
import static dev.gorgon.kernels.VectorMath.store;

import jdk.incubator.vector.FloatVector;

/** Attention over float32 pages. */
final class F32AttentionTile implements AttentionTile {

    /** Bytes of the keys of two dimensions. */
    private static final int PAIR_BYTES = 2 * KvLayout.BLOCK * 4;

    @Override
    public void scoreOne(long keys, int headDim, long query, float scale, float[] scores, int first) {
        for (int lane = 0; lane < KvLayout.BLOCK; lane += LANES) {
            FloatVector e = FloatVector.zero(FLOATS);
            FloatVector o = e;
            long at = keys + 4L * lane;
            for (int d = 0; d < headDim; d += 2) {
                FloatVector ke = load(at);
                FloatVector ko = load(at + 4L * KvLayout.BLOCK);
                e = ke.fma(broadcast(query + 4L * d), e);
                o = ko.fma(broadcast(query + 4L * d + 4), o);
                at += PAIR_BYTES;
            }
            e.add(o).mul(scale).intoArray(scores, first + lane);
        }
    }

    @Override
    public void scoreFour(long keys, int headDim, long[] queries, float scale, float[] scores, int first, int stride) {
        long q0 = queries[0];
        long q1 = queries[1];
        long q2 = queries[2];
        long q3 = queries[3];
        FloatVector zero = FloatVector.zero(FLOATS);
        for (int lane = 0; lane < KvLayout.BLOCK; lane += LANES) {
            FloatVector e0 = zero;
            FloatVector e1 = zero;
            FloatVector e2 = zero;
            FloatVector e3 = zero;
            FloatVector o0 = zero;
            FloatVector o1 = zero;
            FloatVector o2 = zero;
            FloatVector o3 = zero;
            long at = keys + 4L * lane;
            for (int d = 0; d < headDim; d += 2) {
                FloatVector ke = load(at);
                FloatVector ko = load(at + 4L * KvLayout.BLOCK);
                long k = 4L * d;
                e0 = ke.fma(broadcast(q0 + k), e0);
                o0 = ko.fma(broadcast(q0 + k + 4), o0);
                e1 = ke.fma(broadcast(q1 + k), e1);
                o1 = ko.fma(broadcast(q1 + k + 4), o1);
                e2 = ke.fma(broadcast(q2 + k), e2);
                o2 = ko.fma(broadcast(q2 + k + 4), o2);
                e3 = ke.fma(broadcast(q3 + k), e3);
                o3 = ko.fma(broadcast(q3 + k + 4), o3);
                at += PAIR_BYTES;
            }
            int to = first + lane;
            e0.add(o0).mul(scale).intoArray(scores, to);
            e1.add(o1).mul(scale).intoArray(scores, to + stride);
            e2.add(o2).mul(scale).intoArray(scores, to + 2 * stride);
            e3.add(o3).mul(scale).intoArray(scores, to + 3 * stride);
        }
    }

    @Override
    public void sumOne(Slots slots, long values, int headDim, float[] weights, int first, float sum, long output) {
        FloatVector low = FloatVector.zero(FLOATS);
        FloatVector high = low;
        for (int i = slots.from(); i < slots.to(); i++) {
            int slot = slots.slot(i);
            long at = slots.page(slot) + values + 4L * (slot % KvLayout.BLOCK) * headDim;
            FloatVector w = FloatVector.broadcast(FLOATS, weights[first + i]);
            low = load(at).fma(w, low);
            high = load(at + VECTOR_BYTES).fma(w, high);
        }
        store(low.div(sum), output);
        store(high.div(sum), output + VECTOR_BYTES);
    }

    @Override
    public void sumFour(Slots slots, long values, int headDim, FourQueries queries) {
        FloatVector zero = FloatVector.zero(FLOATS);
        FloatVector l0 = zero;
        FloatVector l1 = zero;
        FloatVector l2 = zero;
        FloatVector l3 = zero;
        FloatVector h0 = zero;
        FloatVector h1 = zero;
        FloatVector h2 = zero;
        FloatVector h3 = zero;
        float[] w = queries.weights();
        int w1 = queries.stride();
        int w2 = 2 * w1;
        int w3 = 3 * w1;
        for (int i = slots.from(); i < slots.to(); i++) {
            long at = slots.page(i) + values + 4L * (i % KvLayout.BLOCK) * headDim;
            FloatVector low0 = load(at);
            FloatVector high0 = load(at + VECTOR_BYTES);
            FloatVector a00 = FloatVector.broadcast(FLOATS, w[i]);
            l0 = low0.fma(a00, l0);
            h0 = high0.fma(a00, h0);
            FloatVector a10 = FloatVector.broadcast(FLOATS, w[w1 + i]);
            l1 = low0.fma(a10, l1);
            h1 = high0.fma(a10, h1);
            FloatVector a20 = FloatVector.broadcast(FLOATS, w[w2 + i]);
            l2 = low0.fma(a20, l2);
            h2 = high0.fma(a20, h2);
            FloatVector a30 = FloatVector.broadcast(FLOATS, w[w3 + i]);
            l3 = low0.fma(a30, l3);
            h3 = high0.fma(a30, h3);
        }
        store(l0.div(queries.sums()[0]), queries.outputs()[0] + queries.offset());
        store(h0.div(queries.sums()[0]), queries.outputs()[0] + queries.offset() + VECTOR_BYTES);
        store(l1.div(queries.sums()[1]), queries.outputs()[1] + queries.offset());
        store(h1.div(queries.sums()[1]), queries.outputs()[1] + queries.offset() + VECTOR_BYTES);
        store(l2.div(queries.sums()[2]), queries.outputs()[2] + queries.offset());
        store(h2.div(queries.sums()[2]), queries.outputs()[2] + queries.offset() + VECTOR_BYTES);
        store(l3.div(queries.sums()[3]), queries.outputs()[3] + queries.offset());
        store(h3.div(queries.sums()[3]), queries.outputs()[3] + queries.offset() + VECTOR_BYTES);
    }
}
