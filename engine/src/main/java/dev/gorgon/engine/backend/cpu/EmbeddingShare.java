package dev.gorgon.engine.backend.cpu;

import dev.gorgon.engine.backend.EmbeddingTerm;
import dev.gorgon.kernels.FloatMatrix;
import dev.gorgon.kernels.Kernels;
import dev.gorgon.kernels.PackedMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One worker's share of the low-rank changes to embeddings: it looks the short rows up for itself and computes some blocks of
 * outputs of all rows.
 */
final class EmbeddingShare {

    /** Rows at a time, so that a long prompt needs no more room than a short one. */
    private static final int ROWS = 32;

    private final Kernels kernels;
    private final int rank;
    private final int workers;
    private final Scratch scratch;
    /** Short rows; freed with this object. */
    private FloatMatrix room = FloatMatrix.allocate(Arena.ofAuto(), 1, 1);

    EmbeddingShare(Kernels kernels, int rank, int workers, Scratch scratch) {
        this.kernels = kernels;
        this.rank = rank;
        this.workers = workers;
        this.scratch = scratch;
    }

    void add(EmbeddingTerm term, int[] tokens, FloatMatrix x) {
        PackedMatrix up = CpuMatrix.of(term.up());
        int from = (int) ((long) up.blocks() * rank / workers);
        int to = (int) ((long) up.blocks() * (rank + 1) / workers);
        if (from == to) {
            return;
        }
        CpuEmbeddings down = (CpuEmbeddings) term.down();
        for (int row = term.firstRow(); row < term.endRow(); row += ROWS) {
            int end = Math.min(term.endRow(), row + ROWS);
            FloatMatrix looked = room(down.columns()).rows(0, end - row);
            for (int i = row; i < end; i++) {
                down.read(tokens[i], looked, i - row);
            }
            kernels.linear(up, from, to, looked, pack(up, looked), x.rows(row, end), true);
        }
    }

    private MemorySegment pack(PackedMatrix up, FloatMatrix in) {
        long bytes = kernels.packedInputBytes(up.format(), in.columns(), in.rows());
        MemorySegment packed = scratch.packed(rank, bytes);
        if (bytes > 0) {
            kernels.packInputs(up.format(), in, 0, Kernels.inputGroups(in.columns()), packed);
        }
        return packed;
    }

    private FloatMatrix room(int columns) {
        if (room.columns() < columns) {
            room = FloatMatrix.allocate(Arena.ofAuto(), ROWS, columns);
        }
        return room.columns(0, columns);
    }
}
