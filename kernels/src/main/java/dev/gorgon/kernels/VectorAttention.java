package dev.gorgon.kernels;

import static dev.gorgon.kernels.VectorMath.FLOATS;
import static dev.gorgon.kernels.VectorMath.LANES;

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
    private static final ThreadLocal<float[]> SCORES = ThreadLocal.withInitial(() -> new float[0]);

    /** A worker's room for scores; it grows with the contexts it sees. */
    private static float[] scores(int length) {
        float[] scores = SCORES.get();
        if (scores.length < length) {
            scores = new float[2 * length];
            SCORES.set(scores);
        }
        return scores;
    }

    void attend(Attention task) {
        int queries = task.queries().rows() * task.heads();
        boolean tree = task.contexts().paths() != null;
        for (int first = 0; first < queries; ) {
            // Branches of a tree put different slots at one position, so their rows are taken one by one.
            int count = tree ? 1 : Math.min(TILE, queries - first);
            new Queries(tile, task, first, count).attend();
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
        /** Scores by slot, then weights by position; the queries' are {@code stride} elements apart. */
        private final float[] scores;

        private final int stride;
        private final int start;
        private final int end;
        private final int slots;

        Queries(AttentionTile tile, Attention task, int first, int count) {
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
            this.stride = (slots + KvLayout.BLOCK - 1) / KvLayout.BLOCK * KvLayout.BLOCK;
            this.scores = scores(TILE * stride);
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
                    tile.scoreFour(page, headDim, inputs, task.scale(), scores, slot, stride);
                } else {
                    for (int i = 0; i < count; i++) {
                        tile.scoreOne(page, headDim, inputs[i], task.scale(), scores, i * stride + slot);
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
                        tile.sumOne(own, values, headDim, scores, i * stride, sums[i], outputs[i] + 4L * d);
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
            int s = query * stride;
            takeInOrder(to, s);
            float max = max(s, from, to);
            // Vectors start at multiples of 16, so a position's lane is the position modulo 16, whatever the range.
            for (int lane = 0; lane < 16; lane += LANES) {
                FloatVector sum = FloatVector.zero(FLOATS);
                for (int p = (start & -16) + lane; p < end; p += 16) {
                    int at = s + p;
                    VectorMath.exp(FloatVector.fromArray(FLOATS, scores, at).sub(max))
                            .intoArray(scores, at);
                    if (p < from || p + LANES > to) {
                        zeroOutside(at, p, from, to);
                    }
                    sum = sum.add(FloatVector.fromArray(FLOATS, scores, at));
                }
                sum.intoArray(lanes, lane);
            }
            sums[query] = ScalarMath.sumTree(lanes);
        }

        private float max(int s, int from, int to) {
            FloatVector best = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
            int p = from;
            for (; p + LANES <= to; p += LANES) {
                best = best.max(FloatVector.fromArray(FLOATS, scores, s + p));
            }
            float max = best.reduceLanes(VectorOperators.MAX); // exact in any order
            for (; p < to; p++) {
                max = Math.max(max, scores[s + p]);
            }
            return max;
        }

        private void zeroOutside(int at, int p, int from, int to) {
            for (int i = 0; i < LANES; i++) {
                if (p + i < from || p + i >= to) {
                    scores[at + i] = 0f;
                }
            }
        }

        /** Moves the scores of a tree row's ancestors from their slots to their positions. */
        private void takeInOrder(int to, int s) {
            if (path == null) {
                return;
            }
            int prefix = task.contexts().prefixLength();
            float[] inOrder = new float[to - prefix];
            for (int j = 0; j < inOrder.length; j++) {
                inOrder[j] = scores[s + path[j]];
            }
            System.arraycopy(inOrder, 0, scores, s + prefix, inOrder.length);
        }
    }
}
