package dev.gorgon.kernels;

import org.jspecify.annotations.Nullable;

/**
 * What the rows of one sequence may look at. A row at position p attends to positions 0..p. Positions below {@code prefixLength}
 * lie at the slot of the same number. Rows of a draft tree share positions; for them {@code paths[row][j]} is the slot of the
 * row's ancestor (in the end, of the row itself) at position {@code prefixLength + j}.
 *
 * @param positions logical position of each row
 * @param prefixLength number of positions stored in order before this step
 * @param paths slots of the ancestors per row, or null when every position p lies at slot p (a prompt chunk or a chain)
 */
public record RowContexts(int[] positions, int prefixLength, int @Nullable [][] paths) {

    /** Slot of a position as seen from a row. */
    int slot(int row, int position) {
        return paths == null || position < prefixLength ? position : paths[row][position - prefixLength];
    }
}
