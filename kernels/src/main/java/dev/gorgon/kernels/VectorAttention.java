package dev.gorgon.kernels;

import static dev.gorgon.kernels.VectorMath.FLOATS;
import static dev.gorgon.kernels.VectorMath.LANES;
import static dev.gorgon.kernels.VectorMath.load;
import static dev.gorgon.kernels.VectorMath.store;

import dev.gorgon.kernels.AttentionTile.FourQueries;
import dev.gorgon.kernels.AttentionTile.Slots;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/**
 * Attention over pages. Up to four queries — heads of one row, or rows of a chain — share each load of keys and values; what is
 * computed for a query does not depend on the others. Scores are computed by slot, a page at a time, and then taken in order of
 * position, which for rows of a draft tree skips the slots of other branches.
 *
 * @param tile the inner loops for the format of the pages
 */
record VectorAttention(AttentionTile tile) {

    private static final int TILE = 4;

    void attend(Attention task, FloatMatrix scratch) {
        int queries = task.queries().rows() * task.heads();
        boolean tree = task.contexts().paths() != null;
        for (int first = 0; first < queries; ) {
            // Branches of a tree put different slots at one position, so their rows are taken one by one.
            int count = tree ? 1 : Math.min(TILE, queries - first);
            new Queries(tile, task, first, count, scratch.address(0)).attend();
            first += count;
        }
    }

    /** Up to four queries; query i is row {@code (first + i) / heads}, head {@code (first + i) % heads} of the task. */
    private static final class Queries {
        private final AttentionTile tile;
        private final Attention task;
        private final int count;
        private final int[] rows = new int[TILE];
        private final long[] inputs = new long[TILE];
        private final long[] outputs = new long[TILE];
        private final float[] sums = new float[TILE];
        private final float[] lanes = new float[16];
        private final int @Nullable [] path;
        /** Scores by slot, then weights by position; the queries' are {@code stride} bytes apart. */
        private final long scores;

        private final long stride;
        private final int start;
        private final int end;
        private final int slots;

        Queries(AttentionTile tile, Attention task, int first, int count, long scratch) {
            this.tile = tile;
            this.task = task;
            this.count = count;
            int headBytes = 4 * task.pages().layout().headDim();
            for (int i = 0; i < count; i++) {
                rows[i] = (first + i) / task.heads();
                long offset = 4L * task.firstColumn() + (long) ((first + i) % task.heads()) * headBytes;
                inputs[i] = task.queries().address(rows[i]) + offset;
                outputs[i] = task.output().address(rows[i]) + offset;
            }
            RowContexts contexts = task.contexts();
            int lastRow = rows[count - 1];
            this.path = contexts.paths() == null ? null : contexts.paths()[lastRow];
            this.start = task.start(rows[0]);
            this.end = contexts.positions()[lastRow] + 1;
            this.slots = lastSlot() + 1;
            this.scores = scratch;
            this.stride = 4L * ((slots + KvLayout.BLOCK - 1) / KvLayout.BLOCK * KvLayout.BLOCK);
        }

        private int lastSlot() {
            int last = end - 1;
            if (path != null) {
                for (int slot : path) {
                    last = Math.max(last, slot);
                }
            }
            return last;
        }

        void attend() {
            int headDim = task.pages().layout().headDim();
            for (int slot = start & -KvLayout.BLOCK; slot < slots; slot += KvLayout.BLOCK) {
                long page = task.pages().page(slot);
                if (count == TILE) {
                    tile.scoreFour(page, headDim, inputs, task.scale(), scores + 4L * slot, stride);
                } else {
                    for (int i = 0; i < count; i++) {
                        tile.scoreOne(page, headDim, inputs[i], task.scale(), scores + i * stride + 4L * slot);
                    }
                }
            }
            for (int i = 0; i < count; i++) {
                softmax(i);
            }
            KvLayout layout = task.pages().layout();
            for (int d = 0; d < headDim; d += 2 * LANES) {
                long values = layout.valueOffset(0, d);
                if (count == TILE) {
                    tile.sumFour(
                            new Slots(task.pages(), start, end, end, null),
                            values,
                            headDim,
                            new FourQueries(scores, stride, sums, outputs, 4L * d));
                } else {
                    for (int i = 0; i < count; i++) {
                        Slots own = new Slots(
                                task.pages(),
                                task.start(rows[i]),
                                end(i),
                                task.contexts().prefixLength(),
                                path);
                        tile.sumOne(own, values, headDim, scores + i * stride, sums[i], outputs[i] + 4L * d);
                    }
                }
            }
        }

        private int end(int query) {
            return task.contexts().positions()[rows[query]] + 1;
        }

        /** Turns the scores of a query into weights by position, zero outside its own range; keeps their sum. */
        private void softmax(int query) {
            int from = task.start(rows[query]);
            int to = end(query);
            long s = scores + query * stride;
            takeInOrder(to, s);
            float max = max(s, from, to);
            // Vectors start at multiples of 16, so a position's lane is the position modulo 16, whatever the range.
            for (int lane = 0; lane < 16; lane += LANES) {
                FloatVector sum = FloatVector.zero(FLOATS);
                for (int p = (start & -16) + lane; p < end; p += 16) {
                    long at = s + 4L * p;
                    store(VectorMath.exp(load(at).sub(max)), at);
                    if (p < from || p + LANES > to) {
                        zeroOutside(at, p, from, to);
                    }
                    sum = sum.add(load(at));
                }
                sum.intoArray(lanes, lane);
            }
            sums[query] = ScalarMath.sumTree(lanes);
        }

        private static float max(long s, int from, int to) {
            FloatVector best = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
            int p = from;
            for (; p + LANES <= to; p += LANES) {
                best = best.max(load(s + 4L * p));
            }
            float max = best.reduceLanes(VectorOperators.MAX); // exact in any order
            for (; p < to; p++) {
                max = Math.max(max, Memory.getFloat(s + 4L * p));
            }
            return max;
        }

        private static void zeroOutside(long at, int p, int from, int to) {
            for (int i = 0; i < LANES; i++) {
                if (p + i < from || p + i >= to) {
                    Memory.putFloat(at + 4L * i, 0f);
                }
            }
        }

        /** Moves the scores of a tree row's ancestors from their slots to their positions. */
        private void takeInOrder(int to, long s) {
            if (path == null) {
                return;
            }
            int prefix = task.contexts().prefixLength();
            float[] inOrder = new float[to - prefix];
            for (int j = 0; j < inOrder.length; j++) {
                inOrder[j] = Memory.getFloat(s + 4L * path[j]);
            }
            for (int j = 0; j < inOrder.length; j++) {
                Memory.putFloat(s + 4L * (prefix + j), inOrder[j]);
            }
        }
    }
}
