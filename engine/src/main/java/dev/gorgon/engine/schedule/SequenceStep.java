package dev.gorgon.engine.schedule;

import dev.gorgon.engine.backend.SequenceRows;
import dev.gorgon.engine.speculate.DraftTree;

/**
 * What one sequence does in a step: feed {@code count} of its known tokens and verify a draft after them.
 *
 * @param sequence the sequence
 * @param firstRow its first row in the batch
 * @param count known tokens fed, from position {@code sequence.stored()} on
 * @param draft guesses after the last of them; empty while the prompt is being fed
 * @param firstLogit place of its first logit row among the batch's logit rows
 * @param logits logit rows it has: the last {@code logits} of its rows
 */
record SequenceStep(Sequence sequence, int firstRow, int count, DraftTree draft, int firstLogit, int logits) {

    int rows() {
        return count + draft.size();
    }

    /** Whether the step reaches the sequence's last known token, so that a new one can be chosen. */
    boolean choosesToken() {
        return count == sequence.missing();
    }

    /** Whether the step goes on from a pending token; otherwise it computes rows of a prompt, or again what was preempted. */
    boolean decodes() {
        return count == 1 && choosesToken() && sequence.generated() > 0;
    }

    /** Place of the logits of a draft node, or of {@link DraftTree#ROOT}, the row before the draft. */
    int logitOf(int node) {
        return firstLogit + logits - draft.size() + node;
    }

    int token(int row) {
        return row < count ? sequence.tokens()[sequence.stored() + row] : draft.token(row - count);
    }

    SequenceRows toSequenceRows() {
        int stored = sequence.stored();
        int[] positions = new int[rows()];
        for (int row = 0; row < positions.length; row++) {
            positions[row] = row < count ? stored + row : stored + count - 1 + draft.depth(row - count);
        }
        // drafts follow exactly one known token, so a tree's root is row 0
        int[][] paths = draft.isChain() ? null : draft.paths(stored);
        return new SequenceRows(firstRow, positions, stored, paths, sequence.blocks.blocks());
    }
}
