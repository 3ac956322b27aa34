package dev.gorgon.engine.backend;

import org.jspecify.annotations.Nullable;

/**
 * The rows of one sequence in a batch. Row i lies in slot {@code prefixLength + i} of the sequence's key/value blocks.
 *
 * @param firstRow index of the first row in the batch
 * @param positions logical position of each row
 * @param prefixLength positions stored before this step
 * @param paths for rows of a draft tree, per row the slots of its ancestors from position {@code prefixLength} on, itself last;
 *     null when positions follow each other (a prompt chunk, one token, a chain)
 * @param blocks the block table
 */
public record SequenceRows(int firstRow, int[] positions, int prefixLength, int @Nullable [][] paths, int[] blocks) {

    public int rows() {
        return positions.length;
    }
}
