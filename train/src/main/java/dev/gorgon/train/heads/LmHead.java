package dev.gorgon.train.heads;

import dev.gorgon.engine.tensor.Tensor;
import dev.gorgon.kernels.ElementType;
import dev.gorgon.kernels.FloatMatrix;
import dev.gorgon.kernels.Kernels;
import dev.gorgon.kernels.PackedMatrix;
import dev.gorgon.kernels.WeightFormat;
import java.lang.foreign.Arena;

/**
 * An LM head U, packed for both directions.
 *
 * @param forward U, {@code [vocabulary][hidden]}: hidden states to logits
 * @param backward its transposed, {@code [hidden][vocabulary]}: gradients of logits to gradients of hidden states
 */
record LmHead(PackedMatrix forward, PackedMatrix backward) {

    private static final int ROWS = 64;

    static LmHead allocate(Arena arena, WeightFormat format, int vocabulary, int hidden) {
        return new LmHead(
                PackedMatrix.allocate(arena, format, vocabulary, hidden),
                PackedMatrix.allocate(arena, format, hidden, vocabulary));
    }

    /** Packs a tensor {@code [vocabulary][hidden]}, some rows after the other. */
    static LmHead of(Tensor tensor, Kernels kernels, WeightFormat format, Arena arena) {
        int vocabulary = Math.toIntExact(tensor.dim(0));
        int hidden = Math.toIntExact(tensor.dim(1));
        LmHead head = allocate(arena, format, vocabulary, hidden);
        try (Arena scratch = Arena.ofConfined()) {
            FloatMatrix rows = new FloatMatrix(scratch.allocate(4L * ROWS * hidden, 64), ROWS, hidden, hidden);
            for (int row = 0; row < vocabulary; row += ROWS) {
                int count = Math.min(ROWS, vocabulary - row);
                for (int i = 0; i < count * hidden; i++) {
                    rows.set(i / hidden, i % hidden, tensor.at((long) row * hidden + i));
                }
                head.pack(kernels, rows.rows(0, count), row);
            }
        }
        return head;
    }

    /** Packs rows of U from the row of number {@code firstRow} on; rows lie without gaps. */
    void pack(Kernels kernels, FloatMatrix rows, int firstRow) {
        kernels.pack(forward, source(rows), 0, rows.rows(), firstRow, 1f);
        backward.packTransposed(rows, firstRow, 0, backward.blocks());
    }

    /** Rows without gaps, to pack from. */
    static PackedMatrix.Source source(FloatMatrix rows) {
        return new PackedMatrix.Source(rows.segment(), ElementType.F32, rows.rows(), rows.columns());
    }
}
