package dev.gorgon.engine.backend.cpu;

import dev.gorgon.engine.backend.AttentionLayer;
import dev.gorgon.engine.backend.SequenceRows;
import dev.gorgon.kernels.Attention;
import dev.gorgon.kernels.FloatMatrix;
import dev.gorgon.kernels.Kernels;
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

    void run(List<SequenceRows> sequences, int rank, int workers, FloatMatrix scratch) {
        int unit = 0;
        for (SequenceRows sequence : sequences) {
            boolean whole = sequence.paths() != null || sequence.rows() <= UNIT_ROWS;
            int step = whole ? sequence.rows() : UNIT_ROWS;
            for (int row = 0; row < sequence.rows(); row += step) {
                int end = Math.min(sequence.rows(), row + step);
                for (int head = 0; head < layer.kvHeads(); head++) {
                    if (unit++ % workers == rank) {
                        attend(sequence, row, end, head, scratch);
                    }
                }
            }
        }
    }

    private void attend(SequenceRows sequence, int row, int end, int kvHead, FloatMatrix scratch) {
        int group = layer.heads() / layer.kvHeads();
        int first = sequence.firstRow() + row;
        int last = sequence.firstRow() + end;
        int[] positions = end - row == sequence.rows()
                ? sequence.positions()
                : Arrays.copyOfRange(sequence.positions(), row, end);
        kernels.attend(
                new Attention(
                        ((CpuKvStorage) layer.storage()).pages(layer.index(), kvHead, sequence.blocks()),
                        queries.rows(first, last),
                        output.rows(first, last),
                        kvHead * group * layer.headDim(),
                        group,
                        new RowContexts(positions, sequence.prefixLength(), sequence.paths()),
                        layer.window(),
                        (float) (1.0 / Math.sqrt(layer.headDim()))),
                scratch);
    }
}
