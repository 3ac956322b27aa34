package dev.gorgon.engine.backend.cpu;

import dev.gorgon.engine.backend.Activations;
import dev.gorgon.engine.backend.AttentionLayer;
import dev.gorgon.engine.backend.EmbeddingTable;
import dev.gorgon.engine.backend.KvStorage;
import dev.gorgon.engine.backend.LogitStats;
import dev.gorgon.engine.backend.LowRankTerm;
import dev.gorgon.engine.backend.Matrix;
import dev.gorgon.engine.backend.Ops;
import dev.gorgon.engine.backend.SequenceRows;
import dev.gorgon.kernels.FloatMatrix;
import dev.gorgon.kernels.Kernels;
import dev.gorgon.kernels.LogitChunk;
import dev.gorgon.kernels.PackedMatrix;
import dev.gorgon.kernels.RopeTable;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** One worker's view of the operations: it takes its share of outputs, rows or heads, and meets the others at the barrier. */
final class CpuOps implements Ops {

    /** Rows of a low-rank product that one worker takes at a time. */
    private static final int SHRINK_ROWS = 16;
    /** Inputs that every worker packs for itself: it takes as long as a barrier. */
    private static final int PACK_ALONE = 2048;

    private final Kernels kernels;
    private final WorkerTeam team;
    private final int rank;
    private final Scratch scratch;
    /** Bytes of shared room for packed inputs that all workers know of. */
    private long sharedBytes;

    CpuOps(Kernels kernels, WorkerTeam team, int rank, Scratch shared) {
        this.kernels = kernels;
        this.team = team;
        this.rank = rank;
        this.scratch = shared;
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
    public void norm(Activations x, Activations weight, float epsilon, Activations y) {
        int from = from(x.rows());
        int to = to(x.rows());
        if (from < to) {
            kernels.rmsNorm(
                    CpuActivations.of(x).rows(from, to),
                    CpuActivations.of(weight),
                    epsilon,
                    CpuActivations.of(y).rows(from, to));
        }
        team.barrier();
    }

    @Override
    public void linear(Matrix weights, Activations x, Activations y, boolean accumulate, List<LowRankTerm> terms) {
        FloatMatrix in = CpuActivations.of(x);
        FloatMatrix out = CpuActivations.of(y);
        PackedMatrix w = CpuMatrix.of(weights);
        kernels.linear(w, from(w.blocks()), to(w.blocks()), in, packTogether(w, in), out, accumulate);
        if (terms.isEmpty()) {
            team.barrier();
            return;
        }
        addLowRank(in, out, terms);
    }

    /**
     * Packs the inputs of a product that all workers share: each packs a part, or, when there is little to pack, all of it for
     * itself, which saves a barrier.
     */
    private MemorySegment packTogether(PackedMatrix w, FloatMatrix in) {
        if ((long) in.rows() * in.columns() <= PACK_ALONE || team.size() == 1) {
            return packAlone(w, in);
        }
        long bytes = kernels.packedInputBytes(w.format(), in.columns(), in.rows());
        if (bytes > sharedBytes) {
            // all workers see the same sizes in the same order, so all come here or none
            team.barrier();
            if (rank == 0) {
                scratch.reservePacked(bytes);
            }
            team.barrier();
            sharedBytes = bytes;
        }
        if (bytes > 0) {
            int groups = Kernels.inputGroups(in.columns());
            kernels.packInputs(w.format(), in, from(groups), to(groups), scratch.packed());
            team.barrier();
        }
        return scratch.packed();
    }

    /** Packs inputs for this worker's own use. */
    private MemorySegment packAlone(PackedMatrix w, FloatMatrix in) {
        long bytes = kernels.packedInputBytes(w.format(), in.columns(), in.rows());
        MemorySegment packed = scratch.packed(rank, bytes);
        if (bytes > 0) {
            kernels.packInputs(w.format(), in, 0, Kernels.inputGroups(in.columns()), packed);
        }
        return packed;
    }

    /** {@code out += B·(A·in)} for each term; shrinking needs the base's inputs only, so one barrier serves both. */
    private void addLowRank(FloatMatrix in, FloatMatrix out, List<LowRankTerm> terms) {
        if (rank == 0) {
            scratch.reserveLowRank(in.rows(), Scratch.columns(terms));
        }
        team.barrier();
        FloatMatrix shrunk = scratch.lowRank();
        int unit = 0;
        for (int i = 0, column = 0; i < terms.size(); column = Scratch.nextColumn(terms, i++, column)) {
            PackedMatrix down = CpuMatrix.of(terms.get(i).down());
            for (int row = terms.get(i).firstRow(); row < terms.get(i).endRow(); row += SHRINK_ROWS) {
                int end = Math.min(terms.get(i).endRow(), row + SHRINK_ROWS);
                if (unit++ % team.size() == rank) {
                    FloatMatrix t = shrunk.rows(row, end).columns(column, column + down.blocks() * PackedMatrix.BLOCK);
                    FloatMatrix segment = in.rows(row, end);
                    kernels.linear(down, 0, down.blocks(), segment, packAlone(down, segment), t, false);
                }
            }
        }
        team.barrier();
        for (int i = 0, column = 0; i < terms.size(); column = Scratch.nextColumn(terms, i++, column)) {
            LowRankTerm term = terms.get(i);
            PackedMatrix up = CpuMatrix.of(term.up());
            FloatMatrix t = shrunk.rows(term.firstRow(), term.endRow()).columns(column, column + up.inFeatures());
            FloatMatrix target = out.rows(term.firstRow(), term.endRow())
                    .columns(term.firstColumn(), term.firstColumn() + up.outFeatures());
            kernels.linear(up, from(up.blocks()), to(up.blocks()), t, packAlone(up, t), target, true);
        }
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
    public void rotateAndStore(AttentionLayer layer, Activations qkv, List<SequenceRows> sequences) {
        FloatMatrix rows = CpuActivations.of(qkv);
        RopeTable table = ((CpuRotation) layer.rotation()).table();
        int headBytes = Float.BYTES * layer.headDim();
        int perRow = layer.heads() + layer.kvHeads();
        for (SequenceRows sequence : sequences) {
            int units = sequence.rows() * perRow;
            for (int unit = from(units); unit < to(units); unit++) {
                int row = unit / perRow;
                int head = unit % perRow;
                long address = rows.address(sequence.firstRow() + row) + (long) head * headBytes;
                kernels.rotate(address, 1, table, sequence.positions()[row]);
                if (head >= layer.heads()) {
                    int slot = sequence.prefixLength() + row;
                    var pages = ((CpuKvStorage) layer.storage())
                            .pages(layer.index(), head - layer.heads(), sequence.blocks());
                    long value = address + (long) layer.kvHeads() * headBytes;
                    kernels.storeKeyValue(pages.layout(), pages.page(slot), slot % KvStorage.BLOCK, address, value);
                }
            }
        }
        team.barrier();
    }

    @Override
    public void attention(AttentionLayer layer, Activations qkv, List<SequenceRows> sequences, Activations out) {
        AttentionShare share = new AttentionShare(kernels, layer, CpuActivations.of(qkv), CpuActivations.of(out));
        share.run(sequences, rank, team.size(), scratch.attention(rank, share.slots(sequences)));
        team.barrier();
    }

    @Override
    public void gatedActivation(Activations gateUp, Activations y) {
        FloatMatrix in = CpuActivations.of(gateUp);
        FloatMatrix out = CpuActivations.of(y);
        int width = out.columns();
        int chunks = (width + 63) / 64;
        int from = Math.min(width, 64 * from(chunks));
        int to = Math.min(width, 64 * to(chunks));
        if (from < to) {
            kernels.gatedActivation(in.columns(from, to), in.columns(width + from, width + to), out.columns(from, to));
        }
        team.barrier();
    }

    @Override
    public void residualActivation(Activations x, Activations a, Activations bias, Activations y) {
        int from = from(y.rows());
        int to = to(y.rows());
        if (from < to) {
            kernels.residualActivation(
                    CpuActivations.of(x).rows(from, to),
                    CpuActivations.of(a).rows(from, to),
                    CpuActivations.of(bias),
                    CpuActivations.of(y).rows(from, to));
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
