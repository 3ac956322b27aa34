package dev.gorgon.engine.backend.cpu;

import dev.gorgon.engine.backend.Activations;
import dev.gorgon.engine.backend.AttentionLayer;
import dev.gorgon.engine.backend.EmbeddingTable;
import dev.gorgon.engine.backend.EmbeddingTerm;
import dev.gorgon.engine.backend.LogitStats;
import dev.gorgon.engine.backend.LowRankTerm;
import dev.gorgon.engine.backend.Matrix;
import dev.gorgon.engine.backend.Norm;
import dev.gorgon.engine.backend.Ops;
import dev.gorgon.engine.backend.ResidualBlock;
import dev.gorgon.engine.backend.SequenceRows;
import dev.gorgon.kernels.FloatMatrix;
import dev.gorgon.kernels.Kernels;
import dev.gorgon.kernels.LogitChunk;
import dev.gorgon.kernels.PackedMatrix;
import java.util.List;

/** One worker's view of the operations: it takes its share of outputs, rows or heads, and meets the others at the barrier. */
final class CpuOps implements Ops {

    private final Kernels kernels;
    private final WorkerTeam team;
    private final int rank;
    private final Scratch scratch;
    private final LinearShare linear;
    private final EmbeddingShare embedding;

    CpuOps(Kernels kernels, WorkerTeam team, int rank, Scratch shared, Tickets tickets) {
        this.kernels = kernels;
        this.team = team;
        this.rank = rank;
        this.scratch = shared;
        this.linear = new LinearShare(kernels, team, rank, shared, tickets);
        this.embedding = new EmbeddingShare(kernels, rank, team.size(), shared);
    }

    /** Called by every worker when a program begins. */
    void begin() {
        linear.begin();
    }

    /** First unit of this worker's share of {@code count} units. */
    private int from(int count) {
        return (int) ((long) count * rank / team.size());
    }

    private int to(int count) {
        return (int) ((long) count * (rank + 1) / team.size());
    }

    @Override
    public void embed(EmbeddingTable table, int[] tokens, Activations out) {
        FloatMatrix y = CpuActivations.of(out);
        for (int row = from(y.rows()); row < to(y.rows()); row++) {
            ((CpuEmbeddings) table).read(tokens[row], y, row);
        }
        team.barrier();
    }

    @Override
    public void addToEmbeddings(List<EmbeddingTerm> terms, int[] tokens, Activations x) {
        for (EmbeddingTerm term : terms) {
            embedding.add(term, tokens, CpuActivations.of(x));
        }
        team.barrier();
    }

    @Override
    public void gather(Activations from, int[] rows, Activations to) {
        FloatMatrix target = CpuActivations.of(to);
        for (int i = from(target.rows()); i < to(target.rows()); i++) {
            target.copyRow(CpuActivations.of(from), rows[i], i);
        }
        team.barrier();
    }

    @Override
    public void copy(Activations from, Activations to) {
        FloatMatrix target = CpuActivations.of(to);
        for (int row = from(target.rows()); row < to(target.rows()); row++) {
            target.copyRow(CpuActivations.of(from), row, row);
        }
        team.barrier();
    }

    @Override
    public void norm(Activations x, Norm norm, Activations y) {
        normShare(CpuActivations.of(x), norm, CpuActivations.of(y));
        team.barrier();
    }

    private void normShare(FloatMatrix x, Norm norm, FloatMatrix y) {
        int from = from(x.rows());
        int to = to(x.rows());
        if (from < to) {
            kernels.rmsNorm(x.rows(from, to), CpuActivations.of(norm.weight()), norm.epsilon(), y.rows(from, to));
        }
    }

    @Override
    public void linear(Matrix weights, Activations x, Activations y, boolean accumulate, List<LowRankTerm> terms) {
        PackedMatrix w = CpuMatrix.of(weights);
        linear.run(w, linear.prepare(w, CpuActivations.of(x), terms), CpuActivations.of(y), accumulate);
        team.barrier();
    }

    /**
     * The normed rows: this worker's own copy where that is little work, for then nobody has to wait for anybody; otherwise shared
     * ones, and a barrier.
     */
    private FloatMatrix normed(FloatMatrix x, Norm norm, Activations shared) {
        if (linear.isLittle(x)) {
            FloatMatrix own = scratch.normed(rank, x.rows(), x.columns());
            kernels.rmsNorm(x, CpuActivations.of(norm.weight()), norm.epsilon(), own);
            return own;
        }
        normShare(x, norm, CpuActivations.of(shared));
        team.barrier();
        return CpuActivations.of(shared);
    }

    @Override
    public void normLinear(
            Activations x, Norm norm, Activations normed, Matrix weights, Activations y, List<LowRankTerm> terms) {
        PackedMatrix w = CpuMatrix.of(weights);
        FloatMatrix in = normed(CpuActivations.of(x), norm, normed);
        linear.run(w, linear.prepare(w, in, terms), CpuActivations.of(y), false);
        team.barrier();
    }

    @Override
    public void normGatedLinear(
            Activations x,
            Norm norm,
            Activations normed,
            Matrix weights,
            Activations gateUp,
            Activations y,
            List<LowRankTerm> terms) {
        int width = y.columns();
        if (width % PackedMatrix.BLOCK != 0) {
            normLinear(x, norm, normed, weights, gateUp, terms);
            gatedActivation(gateUp, y);
            return;
        }
        // a worker computes the same columns of both products, so it can go on without waiting
        PackedMatrix w = CpuMatrix.of(weights);
        LinearShare.Inputs in = linear.prepare(w, normed(CpuActivations.of(x), norm, normed), terms);
        FloatMatrix products = CpuActivations.of(gateUp);
        int blocks = width / PackedMatrix.BLOCK;
        linear.share(w, blocks, (from, to) -> {
            linear.blocks(w, from, to, in, products, false);
            linear.blocks(w, blocks + from, blocks + to, in, products, false);
            gatedColumns(products, CpuActivations.of(y), from * PackedMatrix.BLOCK, to * PackedMatrix.BLOCK);
        });
        team.barrier();
    }

    @Override
    public void bias(Activations y, Activations bias) {
        int from = from(y.rows());
        int to = to(y.rows());
        if (from < to) {
            kernels.addBias(CpuActivations.of(y).rows(from, to), CpuActivations.of(bias));
        }
        team.barrier();
    }

    @Override
    public void attention(AttentionLayer layer, Activations qkv, List<SequenceRows> sequences, Activations out) {
        AttentionShare share = new AttentionShare(kernels, layer, CpuActivations.of(qkv), CpuActivations.of(out));
        if (share.storesAhead(sequences)) {
            share.store(sequences, rank, team.size());
            team.barrier();
        }
        share.run(sequences, rank, team.size(), scratch.attention(rank, share.slots(sequences)));
        team.barrier();
    }

    @Override
    public void gatedActivation(Activations gateUp, Activations y) {
        int width = y.columns();
        int chunks = (width + 63) / 64;
        int from = Math.min(width, 64 * from(chunks));
        int to = Math.min(width, 64 * to(chunks));
        if (from < to) {
            gatedColumns(CpuActivations.of(gateUp), CpuActivations.of(y), from, to);
        }
        team.barrier();
    }

    private void gatedColumns(FloatMatrix gateUp, FloatMatrix y, int from, int to) {
        int width = y.columns();
        kernels.gatedActivation(
                gateUp.columns(from, to), gateUp.columns(width + from, width + to), y.columns(from, to));
    }

    @Override
    public void residualBlocks(List<ResidualBlock> blocks) {
        for (ResidualBlock block : blocks) {
            PackedMatrix w = CpuMatrix.of(block.weight());
            FloatMatrix x = CpuActivations.of(block.x());
            FloatMatrix product = CpuActivations.of(block.product());
            int from = from(w.blocks());
            int to = to(w.blocks());
            linear.blocks(w, from, to, linear.prepare(w, x, List.of()), product, false);
            // what this worker has just computed is all it needs to go on
            int first = Math.min(w.outFeatures(), from * PackedMatrix.BLOCK);
            int end = Math.min(w.outFeatures(), to * PackedMatrix.BLOCK);
            if (first < end) {
                kernels.residualActivation(
                        x.columns(first, end),
                        product.columns(first, end),
                        CpuActivations.of(block.bias()).columns(first, end),
                        CpuActivations.of(block.y()).columns(first, end));
            }
            if (!linear.isLittle(x)) {
                team.barrier(); // the packed inputs are shared
            }
        }
        team.barrier();
    }

    @Override
    public void reduceLogits(Activations logits, LogitStats stats) {
        FloatMatrix rows = CpuActivations.of(logits);
        int chunks = LogitChunk.count(rows.columns());
        int units = rows.rows() * chunks;
        for (int unit = from(units); unit < to(units); unit++) {
            int row = unit / chunks;
            int first = unit % chunks * LogitChunk.SIZE;
            int end = Math.min(rows.columns(), first + LogitChunk.SIZE);
            ((CpuLogitStats) stats).put(row, unit % chunks, kernels.reduceLogits(rows.address(row), first, end));
        }
        team.barrier();
    }
}
