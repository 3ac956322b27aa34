package dev.gorgon.kernels;

import java.util.List;

/**
 * A run of rows that a {@link LowRank} applies to. Lists of them are the work of {@link Kernels#shrink} and
 * {@link Kernels#expand}; each row belongs to one at most.
 *
 * @param change the adapter's change of the operation
 * @param firstRow first row it applies to
 * @param endRow row after the last
 */
public record LowRankRows(LowRank change, int firstRow, int endRow) {

    /** Rows of a unit of shrinking: what is handed to a worker is a block of ranks for so many rows. */
    private static final int UNIT_ROWS = 8;

    public LowRankRows {
        if (firstRow < 0 || endRow <= firstRow) {
            throw new IllegalArgumentException("bad rows " + firstRow + ".." + endRow);
        }
    }

    private int rowGroups() {
        return (endRow - firstRow + UNIT_ROWS - 1) / UNIT_ROWS;
    }

    /** Units of work that shrinking all of these is; workers share them out by number. */
    public static int units(List<LowRankRows> all) {
        int units = 0;
        for (LowRankRows rows : all) {
            units += rows.rowGroups() * rows.change.blocks();
        }
        return units;
    }

    /** Columns that the shrunk rows of these take: whole blocks of ranks. */
    public static int shrunkColumns(List<LowRankRows> all) {
        int columns = 0;
        for (LowRankRows rows : all) {
            columns = Math.max(columns, rows.change.blocks() * LowRank.BLOCK);
        }
        return columns;
    }

    /** Some blocks of ranks, for some rows. */
    interface Shrinking {
        void shrink(LowRank change, int firstBlock, int endBlock, int firstRow, int endRow);
    }

    /** Visits units {@code first} to {@code end} (exclusive), those of the same rows together. */
    static void eachShrinking(List<LowRankRows> all, int first, int end, Shrinking visitor) {
        int unit = 0;
        for (LowRankRows rows : all) {
            int blocks = rows.change.blocks();
            for (int group = 0; group < rows.rowGroups(); group++, unit += blocks) {
                int from = Math.max(0, first - unit);
                int to = Math.min(blocks, end - unit);
                if (from < to) {
                    int row = rows.firstRow + group * UNIT_ROWS;
                    visitor.shrink(rows.change, from, to, row, Math.min(rows.endRow, row + UNIT_ROWS));
                }
            }
        }
    }

    /** Some outputs of a part, for some rows. */
    interface Expanding {
        void expand(LowRank.Part part, int firstOutput, int endOutput, LowRankRows rows);
    }

    /** Visits the outputs that fall into some columns. */
    static void eachExpanding(List<LowRankRows> all, int firstColumn, int endColumn, Expanding visitor) {
        for (LowRankRows rows : all) {
            for (LowRank.Part part : rows.change.parts()) {
                int from = Math.max(firstColumn, part.firstColumn());
                int to = Math.min(endColumn, part.endColumn());
                if (from < to) {
                    visitor.expand(part, from - part.firstColumn(), to - part.firstColumn(), rows);
                }
            }
        }
    }
}
