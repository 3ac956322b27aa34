package dev.gorgon.engine.backend.cpu;

import dev.gorgon.engine.backend.LowRankTerm;
import dev.gorgon.kernels.FloatMatrix;
import dev.gorgon.kernels.Kernels;
import dev.gorgon.kernels.LowRankRows;
import dev.gorgon.kernels.PackedMatrix;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** One worker's share of linear operations: it packs inputs and computes some blocks of outputs. */
final class LinearShare {

    /** Inputs that every worker norms and packs for itself: it takes no longer than to wait for the others twice. */
    private static final int LITTLE = 8192;
    /** Bytes of weights from which on they are handed out in pieces. */
    private static final long LARGE = 4L << 20;
    /** Bytes of a piece: some microseconds of reading. */
    private static final long PIECE = 256L << 10;

    private final Kernels kernels;
    private final WorkerTeam team;
    private final int rank;
    private final Scratch scratch;
    private final Tickets tickets;
    /** Bytes of shared room for packed inputs that all workers know of. */
    private long sharedBytes;
    /** Floats of shared room for shrunk rows that all workers know of. */
    private long sharedShrunk;
    /** Number of the next operation that is handed out in pieces. */
    private int operation;

    LinearShare(Kernels kernels, WorkerTeam team, int rank, Scratch scratch, Tickets tickets) {
        this.kernels = kernels;
        this.team = team;
        this.rank = rank;
        this.scratch = scratch;
        this.tickets = tickets;
    }

    /** Called by every worker when a program begins; a program before may have been broken off anywhere. */
    void begin() {
        operation = 0;
        sharedBytes = scratch.packed().byteSize();
        sharedShrunk = scratch.shrunkFloats();
    }

    /** Some blocks of outputs. */
    interface Blocks {
        void compute(int from, int to);
    }

    /**
     * Computes this worker's share of some blocks: an equal part of a small matrix, and of a large one, piece by piece, whatever the
     * others have not taken yet. Every worker must call it, and wait for the others before the next call.
     */
    void share(PackedMatrix w, int blocks, Blocks work) {
        long blockBytes = w.data().byteSize() / w.blocks();
        if (blocks * blockBytes < LARGE || team.size() == 1) {
            if (from(blocks) < to(blocks)) {
                work.compute(from(blocks), to(blocks));
            }
            return;
        }
        int own = operation++;
        if (rank == 0) {
            tickets.clear(own + 1);
        }
        int piece = (int) Math.max(1, PIECE / blockBytes);
        for (int from = tickets.take(own) * piece; from < blocks; from = tickets.take(own) * piece) {
            work.compute(from, Math.min(blocks, from + piece));
        }
    }

    private int from(int count) {
        return (int) ((long) count * rank / team.size());
    }

    private int to(int count) {
        return (int) ((long) count * (rank + 1) / team.size());
    }

    /** Whether each worker should prepare these inputs for itself. */
    boolean isLittle(FloatMatrix in) {
        return team.size() == 1 || (long) in.rows() * in.columns() <= LITTLE;
    }

    /**
     * Inputs of a product, ready to be multiplied.
     *
     * @param values the rows
     * @param packed the same, packed
     * @param changes low-rank changes of the outputs; may be empty
     * @param shrunk the rows times A of their change
     */
    record Inputs(FloatMatrix values, MemorySegment packed, List<LowRankRows> changes, FloatMatrix shrunk) {}

    /**
     * Prepares the inputs of a product that all workers share. Each packs and shrinks a part and waits for the others; when there is
     * little to pack, each packs all of it for itself, and waits only if there are low-rank changes.
     */
    Inputs prepare(PackedMatrix w, FloatMatrix in, List<LowRankTerm> terms) {
        List<LowRankRows> changes = CpuLowRank.of(terms);
        boolean little = isLittle(in);
        long bytes = kernels.packedInputBytes(w.format(), in.columns(), in.rows());
        reserve(little ? 0 : bytes, changes.isEmpty() ? 0 : (long) in.rows() * LowRankRows.shrunkColumns(changes));
        MemorySegment packed = little ? packAlone(w, in) : scratch.packed();
        if (!little && bytes > 0) {
            int groups = Kernels.inputGroups(in.columns());
            kernels.packInputs(w.format(), in, from(groups), to(groups), packed);
        }
        FloatMatrix shrunk = in;
        if (!changes.isEmpty()) {
            shrunk = scratch.shrunk(in.rows(), LowRankRows.shrunkColumns(changes));
            int units = LowRankRows.units(changes);
            kernels.shrink(changes, from(units), to(units), in, shrunk);
        }
        if (!changes.isEmpty() || (!little && bytes > 0)) {
            team.barrier();
        }
        return new Inputs(in, packed, changes, shrunk);
    }

    /** Makes room that workers share. All see the same sizes in the same order, so all wait here, or none. */
    private void reserve(long packedBytes, long shrunkFloats) {
        if (packedBytes <= sharedBytes && shrunkFloats <= sharedShrunk) {
            return;
        }
        team.barrier();
        if (rank == 0) {
            scratch.reservePacked(packedBytes);
            scratch.reserveShrunk(shrunkFloats);
        }
        team.barrier();
        sharedBytes = Math.max(sharedBytes, packedBytes);
        sharedShrunk = Math.max(sharedShrunk, shrunkFloats);
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

    /** {@code out (+)= W·in} with the low-rank changes, for this worker's share; the caller waits for the others afterwards. */
    void run(PackedMatrix w, Inputs in, FloatMatrix out, boolean accumulate) {
        share(w, w.blocks(), (from, to) -> blocks(w, from, to, in, out, accumulate));
    }

    /** Some blocks of outputs, while they are in a cache: the product, and on top what the adapters change in these columns. */
    void blocks(PackedMatrix w, int from, int to, Inputs in, FloatMatrix out, boolean accumulate) {
        kernels.linear(w, from, to, in.values, in.packed, out, accumulate);
        if (!in.changes.isEmpty()) {
            int end = Math.min(w.outFeatures(), to * PackedMatrix.BLOCK);
            kernels.expand(in.changes, from * PackedMatrix.BLOCK, end, in.shrunk, out);
        }
    }
}
