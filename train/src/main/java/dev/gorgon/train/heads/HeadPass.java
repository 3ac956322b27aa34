package dev.gorgon.train.heads;

import dev.gorgon.kernels.FloatMatrix;
import dev.gorgon.kernels.Kernels;
import dev.gorgon.kernels.LargeMemory;
import dev.gorgon.kernels.LogitChunk;
import dev.gorgon.kernels.PackedMatrix;
import dev.gorgon.kernels.TrainingKernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Forward and backward through one head, some rows at a time; one worker's room. All is row by row, so it does not matter which rows
 * come together (spec medusa.md §1.1).
 *
 * <pre>
 *  x_0 = h    a_j = W_j x_j    x_{j+1} = x_j + silu(a_j + b_j)    z = U x_L    p = softmax(z)
 *  δ = Uᵀ (p − e_label)·weight    da_j = δ ⊙ silu'(a_j + b_j)    δ += W_jᵀ da_j
 * </pre>
 */
final class HeadPass {

    /** Rows that come together: a block of U serves them all while it is in a cache. */
    static final int ROWS = 128;

    private final Kernels kernels;
    private final TrainingKernels training;
    private final HeadShape shape;
    private final FloatMatrix logits;
    private final FloatMatrix upstream;
    private final MemorySegment packed;

    HeadPass(Kernels kernels, TrainingKernels training, HeadShape shape, PackedHeads weights, Arena arena) {
        this.kernels = kernels;
        this.training = training;
        this.shape = shape;
        this.logits = FloatMatrix.allocate(arena, ROWS, shape.vocabulary());
        this.upstream = FloatMatrix.allocate(arena, ROWS, shape.hidden());
        LmHead lmHead = weights.head(0).lmHead();
        long bytes = Math.max(packedBytes(lmHead.forward()), packedBytes(lmHead.backward()));
        for (PackedMatrix block : weights.head(0).blocks()) {
            bytes = Math.max(bytes, packedBytes(block));
        }
        this.packed = LargeMemory.allocate(arena, Math.max(64, bytes));
    }

    private long packedBytes(PackedMatrix matrix) {
        return kernels.packedInputBytes(matrix.format(), matrix.inFeatures(), ROWS);
    }

    private void product(PackedMatrix w, FloatMatrix x, FloatMatrix y, boolean accumulate) {
        if (kernels.packedInputBytes(w.format(), w.inFeatures(), x.rows()) > 0) {
            kernels.packInputs(w.format(), x, 0, Kernels.inputGroups(w.inFeatures()), packed);
        }
        kernels.linear(w, 0, w.blocks(), x, packed, y, accumulate);
    }

    /** From the hidden states of rows {@code from} to {@code to} to their logits. */
    private FloatMatrix forward(PackedHeads.Head weights, HeadParameters.Head head, HeadRows rows, int from, int to) {
        for (int j = 0; j < shape.layers(); j++) {
            FloatMatrix x = rows.x(j).rows(from, to);
            FloatMatrix product = rows.product(j).rows(from, to);
            product(weights.blocks().get(j), x, product, false);
            kernels.residualActivation(
                    x, product, head.blocks().get(j).bias(), rows.x(j + 1).rows(from, to));
        }
        FloatMatrix out = rows.keepsLogits() ? rows.logits().rows(from, to) : logits.rows(0, to - from);
        product(weights.lmHead().forward(), rows.x(shape.layers()).rows(from, to), out, false);
        return out;
    }

    /** Losses and ranks of the labels only; ranks are counted up to {@code maxRank}. */
    void evaluate(PackedHeads.Head weights, HeadParameters.Head head, HeadRows rows, Range range, int maxRank) {
        FloatMatrix z = forward(weights, head, rows, range.from, range.to);
        for (int row = range.from; row < range.to; row++) {
            FloatMatrix line = z.rows(row - range.from, row - range.from + 1);
            Softmax softmax = softmax(line);
            int label = rows.label(row);
            rows.setResult(row, softmax.loss(line.get(0, label)), rank(line, label, maxRank));
        }
    }

    /** Rows {@code from} to {@code to} (exclusive). */
    record Range(int from, int to) {}

    /** Losses, and the gradients of everything but what is summed over rows: of the logits with version 1, of each {@code a_j}. */
    void backward(PackedHeads.Head weights, HeadParameters.Head head, HeadRows rows, Range range, float weight) {
        FloatMatrix z = forward(weights, head, rows, range.from, range.to);
        for (int row = range.from; row < range.to; row++) {
            FloatMatrix line = z.rows(row - range.from, row - range.from + 1);
            Softmax softmax = softmax(line);
            int label = rows.label(row);
            rows.setResult(row, softmax.loss(line.get(0, label)), softmax.argMax == label ? 0 : 1);
            training.exponentials(line, softmax.max, (float) (weight / softmax.sum));
            line.set(0, label, line.get(0, label) - weight);
        }
        if (shape.layers() == 0) {
            return;
        }
        FloatMatrix delta = upstream.rows(0, range.to - range.from);
        product(weights.lmHead().backward(), z, delta, false);
        for (int j = shape.layers() - 1; j >= 0; j--) {
            FloatMatrix gradient = rows.gradient(j).rows(range.from, range.to);
            training.residualGradient(
                    delta,
                    rows.product(j).rows(range.from, range.to),
                    head.blocks().get(j).bias(),
                    gradient);
            if (j > 0) {
                product(weights.transposed().get(j), gradient, delta, true);
            }
        }
    }

    /** The largest logit, its index, and the sum of exponentials below it. */
    private record Softmax(int argMax, float max, double sum) {

        double loss(float logit) {
            return StrictMath.log(sum) + max - logit;
        }
    }

    /** Chunk by chunk, in a fixed order. */
    private Softmax softmax(FloatMatrix line) {
        int count = LogitChunk.count(line.columns());
        LogitChunk[] chunks = new LogitChunk[count];
        int best = 0;
        for (int i = 0; i < count; i++) {
            int end = Math.min(line.columns(), (i + 1) * LogitChunk.SIZE);
            chunks[i] = kernels.reduceLogits(line.address(0), i * LogitChunk.SIZE, end);
            if (chunks[i].argMax() < 0) {
                return new Softmax(-1, Float.NaN, Double.NaN);
            }
            best = chunks[i].max() > chunks[best].max() ? i : best;
        }
        float max = chunks[best].max();
        double sum = 0;
        for (LogitChunk chunk : chunks) {
            sum += chunk.sumExp() * StrictMath.exp(chunk.max() - (double) max);
        }
        return new Softmax(chunks[best].argMax(), max, sum);
    }

    /** How many logits come before the label's, the lower index first among equals; no more than {@code max} are counted. */
    private static int rank(FloatMatrix line, int label, int max) {
        float own = line.get(0, label);
        int rank = 0;
        for (int i = 0; i < line.columns() && rank < max; i++) {
            float other = line.get(0, i);
            rank += other > own || (other == own && i < label) ? 1 : 0;
        }
        return rank;
    }
}
