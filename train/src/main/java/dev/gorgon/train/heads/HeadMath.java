package dev.gorgon.train.heads;

import dev.gorgon.kernels.FloatMatrix;
import dev.gorgon.kernels.Kernels;
import dev.gorgon.kernels.TrainingKernels;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Losses and gradients of all heads over many positions. Memory is bounded by a chunk of positions. Sums over positions are made in
 * their order, so neither threads nor the size of chunks show in a result.
 */
final class HeadMath implements AutoCloseable {

    /** Ranks that an evaluation counts. */
    static final int RANKS = 10;

    private static final int MAX_CHUNK = 1024;
    private static final long CHUNK_BYTES = 512L << 20;
    /** Outputs whose gradients a task sums. */
    private static final int TASK_OUTPUTS = 32;

    private final HeadShape shape;
    private final Workers workers;
    private final TrainingKernels training = TrainingKernels.best();
    private final Arena arena = Arena.ofShared();
    private final PackedHeads packed;
    private final List<HeadRows> rows = new ArrayList<>();
    private final List<HeadPass> passes = new ArrayList<>();
    private final int chunk;

    /**
     * @param shared the base model's LM head; empty if each head has its own
     * @param maxChunk positions per chunk at most
     */
    HeadMath(Kernels kernels, HeadShape shape, Optional<LmHead> shared, Workers workers, int maxChunk) {
        this.shape = shape;
        this.workers = workers;
        this.chunk = Math.clamp(CHUNK_BYTES / (HeadRows.rowBytes(shape) * shape.heads()), 1, maxChunk);
        this.packed = new PackedHeads(kernels, shape, shared, arena);
        for (int i = 0; i < shape.heads(); i++) {
            rows.add(new HeadRows(arena, shape, chunk));
        }
        for (int i = 0; i < workers.size(); i++) {
            passes.add(new HeadPass(kernels, training, shape, packed, arena));
        }
    }

    HeadMath(Kernels kernels, HeadShape shape, Optional<LmHead> shared, Workers workers) {
        this(kernels, shape, shared, workers, MAX_CHUNK);
    }

    /**
     * Losses of all heads and the gradients of {@code Σ_head weight · mean loss over its labels}.
     *
     * @param positions in the order in which they are summed
     * @param weights of the heads in the loss
     * @param gradients overwritten
     */
    HeadScores gradients(
            TrainingRows source,
            long[] positions,
            HeadParameters parameters,
            double[] weights,
            HeadParameters gradients) {
        packed.pack(parameters, workers);
        gradients.clear();
        long[] counts = new long[shape.heads()];
        for (long position : positions) {
            for (int head = 0; head < shape.heads(); head++) {
                counts[head] += source.label(position, head) == TrainingRows.NO_LABEL ? 0 : 1;
            }
        }
        HeadScores scores = new HeadScores(shape.heads(), 1);
        for (int from = 0; from < positions.length; from += chunk) {
            gather(source, positions, from);
            runPasses((pass, head, range) -> {
                load(source, rows.get(head), range);
                float weight = (float) (weights[head] / counts[head]);
                pass.backward(packed.head(head), parameters.heads().get(head), rows.get(head), range, weight);
            });
            sumGradients(gradients);
            collect(scores);
        }
        return scores;
    }

    /** Losses and ranks of all heads. */
    HeadScores evaluate(TrainingRows source, HeadParameters parameters) {
        packed.pack(parameters, workers);
        HeadScores scores = new HeadScores(shape.heads(), RANKS);
        for (long first = 0; first < source.positions(); first += chunk) {
            long[] positions = new long[(int) Math.min(chunk, source.positions() - first)];
            for (int i = 0; i < positions.length; i++) {
                positions[i] = first + i;
            }
            gather(source, positions, 0);
            runPasses((pass, head, range) -> {
                load(source, rows.get(head), range);
                pass.evaluate(packed.head(head), parameters.heads().get(head), rows.get(head), range, RANKS);
            });
            collect(scores);
        }
        return scores;
    }

    /** The next chunk of positions, each with the heads that have a label there. */
    private void gather(TrainingRows source, long[] positions, int from) {
        rows.forEach(HeadRows::clear);
        for (int i = from; i < Math.min(positions.length, from + chunk); i++) {
            for (int head = 0; head < shape.heads(); head++) {
                int label = source.label(positions[i], head);
                if (label != TrainingRows.NO_LABEL) {
                    rows.get(head).add(positions[i], label);
                }
            }
        }
    }

    private static void load(TrainingRows source, HeadRows rows, HeadPass.Range range) {
        for (int row = range.from(); row < range.to(); row++) {
            source.read(rows.position(row), rows.x(0), row);
        }
    }

    /** What a worker does with some rows of a head. */
    private interface Part {
        void run(HeadPass pass, int head, HeadPass.Range range);
    }

    private void runPasses(Part part) {
        int perHead = (chunk + HeadPass.ROWS - 1) / HeadPass.ROWS;
        workers.run(perHead * shape.heads(), (task, worker) -> {
            int head = task % shape.heads();
            int from = task / shape.heads() * HeadPass.ROWS;
            int to = Math.min(rows.get(head).count(), from + HeadPass.ROWS);
            if (from < to) {
                part.run(passes.get(worker), head, new HeadPass.Range(from, to));
            }
        });
    }

    /** A sum over rows: some outputs of one matrix. */
    private record Sum(
            FloatMatrix left, FloatMatrix right, int first, int end, FloatMatrix target, Optional<FloatMatrix> bias) {}

    private void sumGradients(HeadParameters gradients) {
        List<Sum> sums = new ArrayList<>();
        for (int head = 0; head < shape.heads(); head++) {
            HeadRows own = rows.get(head);
            if (own.count() == 0) {
                continue;
            }
            HeadParameters.Head target = gradients.heads().get(head);
            for (int j = 0; j < shape.layers(); j++) {
                HeadParameters.Block block = target.blocks().get(j);
                split(sums, own.gradient(j), own.x(j), own.count(), block.weight(), Optional.of(block.bias()));
            }
            for (FloatMatrix lmHead : target.lmHead()) {
                split(sums, own.logits(), own.x(shape.layers()), own.count(), lmHead, Optional.empty());
            }
        }
        workers.run(sums.size(), (task, worker) -> {
            Sum sum = sums.get(task);
            training.addOuterProducts(sum.left, sum.right, sum.first, sum.end, sum.target);
            sum.bias.ifPresent(
                    bias -> training.addRows(sum.left.columns(sum.first, sum.end), bias.columns(sum.first, sum.end)));
        });
    }

    private static void split(
            List<Sum> sums,
            FloatMatrix left,
            FloatMatrix right,
            int count,
            FloatMatrix target,
            Optional<FloatMatrix> bias) {
        for (int first = 0; first < target.rows(); first += TASK_OUTPUTS) {
            int end = Math.min(target.rows(), first + TASK_OUTPUTS);
            sums.add(new Sum(left.rows(0, count), right.rows(0, count), first, end, target, bias));
        }
    }

    private void collect(HeadScores scores) {
        for (int head = 0; head < shape.heads(); head++) {
            HeadRows own = rows.get(head);
            for (int row = 0; row < own.count(); row++) {
                scores.add(head, own.loss(row), own.rank(row));
            }
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
