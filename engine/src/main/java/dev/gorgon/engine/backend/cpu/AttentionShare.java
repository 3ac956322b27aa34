package dev.gorgon.engine.backend.cpu;

import dev.gorgon.engine.backend.AttentionLayer;
import dev.gorgon.engine.backend.SequenceRows;
import dev.gorgon.kernels.Attention;
import dev.gorgon.kernels.FloatMatrix;
import dev.gorgon.kernels.Kernels;
import dev.gorgon.kernels.NewRows;
import dev.gorgon.kernels.RowContexts;
import java.util.Arrays;
import java.util.List;

/** Cuts the attention of a batch into units of some rows and one key/value head, and runs a worker's share of them. */
record AttentionShare(Kernels kernels, AttentionLayer layer, FloatMatrix queries, FloatMatrix output) {

    /** Rows per unit: enough to share loads of keys, few enough to spread a prompt chunk over the workers. */
    private static final int UNIT_ROWS = 8;

    /** One more than the largest slot that any sequence uses. */
    int slots(List<SequenceRows> sequences) {
        int slots = 0;
        for (SequenceRows sequence : sequences) {
            slots = Math.max(slots, sequence.prefixLength() + sequence.rows());
        }
        return slots;
    }

    /** Whether the rows of a sequence are one unit per head, so that whoever attends to a head can store it, too. */
    private static boolean isWhole(SequenceRows sequence) {
        return sequence.paths() != null || sequence.rows() <= UNIT_ROWS;
    }

    /** Whether some keys and values must be stored by {@link #store}, and all workers wait, before {@link #run}. */
    boolean storesAhead(List<SequenceRows> sequences) {
        for (SequenceRows sequence : sequences) {
            if (!isWhole(sequence)) {
                return true;
            }
        }
        return false;
    }

    /** Rotates and stores a worker's share of the sequences that are cut into units. */
    void store(List<SequenceRows> sequences, int rank, int workers) {
        int unit = 0;
        for (SequenceRows sequence : sequences) {
            if (!isWhole(sequence)) {
                for (int row = 0; row < sequence.rows(); row += UNIT_ROWS) {
                    for (int head = 0; head < layer.kvHeads(); head++) {
                        if (unit++ % workers == rank) {
                            rotateAndStore(sequence, row, Math.min(sequence.rows(), row + UNIT_ROWS), head);
                        }
                    }
                }
            }
        }
    }

    void run(List<SequenceRows> sequences, int rank, int workers, FloatMatrix scratch) {
        int unit = 0;
        for (SequenceRows sequence : sequences) {
            boolean whole = isWhole(sequence);
            int step = whole ? sequence.rows() : UNIT_ROWS;
            for (int row = 0; row < sequence.rows(); row += step) {
                int end = Math.min(sequence.rows(), row + step);
                for (int head = 0; head < layer.kvHeads(); head++) {
                    if (unit++ % workers == rank) {
                        if (whole) {
                            rotateAndStore(sequence, row, end, head);
                        }
                        attend(sequence, row, end, head, scratch);
                    }
                }
            }
        }
    }

    /** Rotates the query heads of a key/value head and its keys, and stores keys and values. */
    private void rotateAndStore(SequenceRows sequence, int from, int to, int kvHead) {
        int group = layer.heads() / layer.kvHeads();
        int first = sequence.firstRow() + from;
        kernels.rotateAndStore(
                new NewRows(
                        ((CpuKvStorage) layer.storage()).pages(layer.index(), kvHead, sequence.blocks()),
                        queries.rows(first, first + to - from),
                        kvHead * group * layer.headDim(),
                        group,
                        (layer.heads() + kvHead) * layer.headDim(),
                        (layer.heads() + layer.kvHeads() + kvHead) * layer.headDim(),
                        positions(sequence, from, to),
                        sequence.prefixLength() + from),
                ((CpuRotation) layer.rotation()).table());
    }

    private static int[] positions(SequenceRows sequence, int from, int to) {
        return to - from == sequence.rows() ? sequence.positions() : Arrays.copyOfRange(sequence.positions(), from, to);
    }

    private void attend(SequenceRows sequence, int row, int end, int kvHead, FloatMatrix scratch) {
        int group = layer.heads() / layer.kvHeads();
        int first = sequence.firstRow() + row;
        int last = sequence.firstRow() + end;
        kernels.attend(
                new Attention(
                        ((CpuKvStorage) layer.storage()).pages(layer.index(), kvHead, sequence.blocks()),
                        queries.rows(first, last),
                        output.rows(first, last),
                        kvHead * group * layer.headDim(),
                        group,
                        new RowContexts(positions(sequence, row, end), sequence.prefixLength(), sequence.paths()),
                        layer.window(),
                        (float) (1.0 / Math.sqrt(layer.headDim()))),
                scratch);
    }
}
