package dev.gorgon.engine.backend.cpu;

import dev.gorgon.engine.backend.LowRankTerm;
import dev.gorgon.kernels.FloatMatrix;
import dev.gorgon.kernels.Kernels;
import dev.gorgon.kernels.PackedMatrix;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** One worker's share of linear operations: it packs inputs and computes some blocks of outputs. */
final class LinearShare {

    /** Rows of a low-rank product that one worker takes at a time. */
    private static final int SHRINK_ROWS = 16;
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
     * Packs the inputs of a product that all workers share: each packs a part and waits for the others, or, when there is little to
     * pack, all of it for itself.
     */
    MemorySegment packTogether(PackedMatrix w, FloatMatrix in) {
        if (isLittle(in)) {
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

    /** {@code out (+)= W·in} and the low-rank terms; the caller waits for the others afterwards. */
    void run(
            PackedMatrix w,
            FloatMatrix in,
            MemorySegment packed,
            FloatMatrix out,
            boolean accumulate,
            List<LowRankTerm> terms) {
        share(w, w.blocks(), (from, to) -> kernels.linear(w, from, to, in, packed, out, accumulate));
        if (!terms.isEmpty()) {
            addLowRank(in, out, terms);
        }
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
    }
}
