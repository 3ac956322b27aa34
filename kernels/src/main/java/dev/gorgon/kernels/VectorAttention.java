package dev.gorgon.kernels;

import static dev.gorgon.kernels.VectorMath.FLOATS;
import static dev.gorgon.kernels.VectorMath.LANES;
import static dev.gorgon.kernels.VectorMath.VECTOR_BYTES;
import static dev.gorgon.kernels.VectorMath.broadcast;
import static dev.gorgon.kernels.VectorMath.even;
import static dev.gorgon.kernels.VectorMath.load;
import static dev.gorgon.kernels.VectorMath.loadPairs;
import static dev.gorgon.kernels.VectorMath.odd;
import static dev.gorgon.kernels.VectorMath.store;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import org.jspecify.annotations.Nullable;

/**
 * Attention over pages. Up to four queries — heads of one row, or rows of a chain — share each load of keys and values; what is
 * computed for a query does not depend on the others. Scores are computed by slot, a page at a time, and then taken in order of
 * position, which for rows of a draft tree skips the slots of other branches.
 */
final class VectorAttention {

    private static final int TILE = 4;

    private VectorAttention() {}

    static void attend(Attention task, FloatMatrix scratch) {
        int queries = task.queries().rows() * task.heads();
        boolean tree = task.contexts().paths() != null;
        for (int first = 0; first < queries; ) {
            // Branches of a tree put different slots at one position, so their rows are taken one by one.
            int count = tree ? 1 : Math.min(TILE, queries - first);
            new VectorAttention.Queries(task, first, count, scratch.address(0)).attend();
            first += count;
        }
    }

    /** Up to four queries; query i is row {@code i / heads}, head {@code i % heads} of the task. */
    private static final class Queries {
        private final Attention task;
        private final KvLayout layout;
        private final boolean bf16;
        private final int first;
        private final int count;
        private final int lastRow;
        /** Addresses of four score rows; {@code scores(i)} is indexed by slot, later by position. */
        private final long scores;

        private final long scoreStride;
        private final int start;
        private final int end;
        private final float[] lanes = new float[16];

        Queries(Attention task, int first, int count, long scratch) {
            this.task = task;
            this.layout = task.pages().layout();
            this.bf16 = layout.format() == WeightFormat.BF16;
            this.first = first;
            this.count = count;
            this.lastRow = row(count - 1);
            this.start = task.start(row(0)) / KvLayout.BLOCK * KvLayout.BLOCK;
            this.end = task.contexts().positions()[lastRow] + 1;
            this.scores = scratch;
            int slots = (lastSlot() + KvLayout.BLOCK) / KvLayout.BLOCK * KvLayout.BLOCK;
            this.scoreStride = 4L * slots;
        }

        private int row(int query) {
            return (first + query) / task.heads();
        }

        private long query(int query) {
            int head = (first + query) % task.heads();
            return task.queries().address(row(query)) + 4L * (task.firstColumn() + head * layout.headDim());
        }

        private long output(int query) {
            int head = (first + query) % task.heads();
            return task.output().address(row(query)) + 4L * (task.firstColumn() + head * layout.headDim());
        }

        private long scores(int query) {
            return scores + query * scoreStride;
        }

        /** The largest slot that any of the queries looks at. */
        private int lastSlot() {
            int @Nullable [][] paths = task.contexts().paths();
            int last = end - 1;
            if (paths != null) {
                for (int slot : paths[lastRow]) {
                    last = Math.max(last, slot);
                }
            }
            return last;
        }

        void attend() {
            int slots = lastSlot() + 1;
            for (int slot = start; slot < slots; slot += KvLayout.BLOCK) {
                long page = task.pages().page(slot);
                if (count == TILE) {
                    scoreFour(page, slot);
                } else {
                    for (int query = 0; query < count; query++) {
                        scoreOne(page, slot, query);
                    }
                }
            }
            for (int query = 0; query < count; query++) {
                softmax(query);
            }
            boolean inOrder = task.contexts().paths() == null;
            for (int d = 0; d < layout.headDim(); d += 2 * LANES) {
                if (count == TILE && inOrder) {
                    sumFour(d);
                } else {
                    for (int query = 0; query < count; query++) {
                        sumOne(d, query);
                    }
                }
            }
        }

        private FloatVector keyEven(long at) {
            return bf16 ? even(loadPairs(at)) : load(at);
        }

        private FloatVector keyOdd(long at) {
            return bf16 ? odd(loadPairs(at)) : load(at + 4L * KvLayout.BLOCK);
        }

        private void scoreOne(long page, int slot, int query) {
            long q = query(query);
            int step = 2 * KvLayout.BLOCK * layout.format().bytes();
            for (int lane = 0; lane < KvLayout.BLOCK; lane += LANES) {
                FloatVector e = FloatVector.zero(FLOATS);
                FloatVector o = e;
                long at = page + 4L * lane;
                for (int d = 0; d < layout.headDim(); d += 2) {
                    e = keyEven(at).fma(broadcast(q + 4L * d), e);
                    o = keyOdd(at).fma(broadcast(q + 4L * d + 4), o);
                    at += step;
                }
                store(e.add(o).mul(task.scale()), scores(query) + 4L * (slot + lane));
            }
        }

        private void scoreFour(long page, int slot) {
            long q0 = query(0);
            long q1 = query(1);
            long q2 = query(2);
            long q3 = query(3);
            int step = 2 * KvLayout.BLOCK * layout.format().bytes();
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
                long at = page + 4L * lane;
                for (int d = 0; d < layout.headDim(); d += 2) {
                    FloatVector ke = keyEven(at);
                    FloatVector ko = keyOdd(at);
                    long k = 4L * d;
                    e0 = ke.fma(broadcast(q0 + k), e0);
                    o0 = ko.fma(broadcast(q0 + k + 4), o0);
                    e1 = ke.fma(broadcast(q1 + k), e1);
                    o1 = ko.fma(broadcast(q1 + k + 4), o1);
                    e2 = ke.fma(broadcast(q2 + k), e2);
                    o2 = ko.fma(broadcast(q2 + k + 4), o2);
                    e3 = ke.fma(broadcast(q3 + k), e3);
                    o3 = ko.fma(broadcast(q3 + k + 4), o3);
                    at += step;
                }
                long to = 4L * (slot + lane);
                store(e0.add(o0).mul(task.scale()), scores(0) + to);
                store(e1.add(o1).mul(task.scale()), scores(1) + to);
                store(e2.add(o2).mul(task.scale()), scores(2) + to);
                store(e3.add(o3).mul(task.scale()), scores(3) + to);
            }
        }

        /** Turns the scores of a query into weights by position, zero outside its own range; the sum goes to {@link #sums}. */
        private void softmax(int query) {
            int row = row(query);
            int from = task.start(row);
            int to = task.contexts().positions()[row] + 1;
            long s = scores(query);
            takeInOrder(row, to, s);
            float max = Float.NEGATIVE_INFINITY;
            for (int p = from; p < to; p++) {
                max = Math.max(max, Memory.getFloat(s + 4L * p));
            }
            // Vectors start at multiples of 16, so a position's lane is the position modulo 16, whatever the range.
            for (int lane = 0; lane < 16; lane += LANES) {
                FloatVector sum = FloatVector.zero(FLOATS);
                for (int p = start + lane; p < end; p += 16) {
                    FloatVector weight = VectorMath.exp(load(s + 4L * p).sub(max));
                    if (p < from || p + LANES > to) {
                        weight = zeroOutside(weight, p, from, to);
                    }
                    store(weight, s + 4L * p);
                    sum = sum.add(weight);
                }
                sum.intoArray(lanes, lane);
            }
            sums[query] = ScalarMath.sumTree(lanes);
        }

        private final float[] sums = new float[TILE];

        private static FloatVector zeroOutside(FloatVector weight, int p, int from, int to) {
            float[] values = weight.toArray();
            for (int i = 0; i < LANES; i++) {
                if (p + i < from || p + i >= to) {
                    values[i] = 0f;
                }
            }
            return FloatVector.fromArray(FLOATS, values, 0);
        }

        /** Moves the scores of a tree row's ancestors from their slots to their positions. */
        private void takeInOrder(int row, int to, long s) {
            int @Nullable [][] paths = task.contexts().paths();
            if (paths == null) {
                return;
            }
            int prefix = task.contexts().prefixLength();
            float[] inOrder = new float[to - prefix];
            for (int j = 0; j < inOrder.length; j++) {
                inOrder[j] = Memory.getFloat(s + 4L * paths[row][j]);
            }
            for (int j = 0; j < inOrder.length; j++) {
                Memory.putFloat(s + 4L * (prefix + j), inOrder[j]);
            }
        }

        private long values(long page, int slot, int d) {
            return page + layout.valueOffset(slot % KvLayout.BLOCK, d);
        }

        /** The values of one slot for one vector of dimensions. */
        private FloatVector value(long page, int slot, int d) {
            if (!bf16) {
                return load(values(page, slot, d));
            }
            IntVector pairs = loadPairs(values(page, slot & ~1, d));
            return slot % 2 == 0 ? even(pairs) : odd(pairs);
        }

        private void sumOne(int d, int query) {
            int row = row(query);
            int from = task.start(row);
            int to = task.contexts().positions()[row] + 1;
            long s = scores(query);
            FloatVector low = FloatVector.zero(FLOATS);
            FloatVector high = low;
            for (int p = from; p < to; p++) {
                int slot = task.contexts().slot(row, p);
                long page = task.pages().page(slot);
                FloatVector weight = broadcast(s + 4L * p);
                low = value(page, slot, d).fma(weight, low);
                high = value(page, slot, d + LANES).fma(weight, high);
            }
            finish(low, high, query, d);
        }

        /** Four queries whose slots are in order. Weights outside a query's range are zero and add nothing. */
        private void sumFour(int d) {
            FloatVector zero = FloatVector.zero(FLOATS);
            FloatVector l0 = zero;
            FloatVector l1 = zero;
            FloatVector l2 = zero;
            FloatVector l3 = zero;
            FloatVector h0 = zero;
            FloatVector h1 = zero;
            FloatVector h2 = zero;
            FloatVector h3 = zero;
            long s0 = scores(0);
            long s1 = scores(1);
            long s2 = scores(2);
            long s3 = scores(3);
            for (int p = task.start(row(0)); p < end; p++) {
                long page = task.pages().page(p);
                FloatVector low = value(page, p, d);
                FloatVector high = value(page, p, d + LANES);
                long at = 4L * p;
                FloatVector w0 = broadcast(s0 + at);
                FloatVector w1 = broadcast(s1 + at);
                FloatVector w2 = broadcast(s2 + at);
                FloatVector w3 = broadcast(s3 + at);
                l0 = low.fma(w0, l0);
                h0 = high.fma(w0, h0);
                l1 = low.fma(w1, l1);
                h1 = high.fma(w1, h1);
                l2 = low.fma(w2, l2);
                h2 = high.fma(w2, h2);
                l3 = low.fma(w3, l3);
                h3 = high.fma(w3, h3);
            }
            finish(l0, h0, 0, d);
            finish(l1, h1, 1, d);
            finish(l2, h2, 2, d);
            finish(l3, h3, 3, d);
        }

        private void finish(FloatVector low, FloatVector high, int query, int d) {
            long to = output(query) + 4L * d;
            store(low.div(sums[query]), to);
            store(high.div(sums[query]), to + VECTOR_BYTES);
        }
    }
}
