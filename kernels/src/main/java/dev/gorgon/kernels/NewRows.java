package dev.gorgon.kernels;

/**
 * Rows of one sequence that enter the cache of one key/value head.
 *
 * @param pages where keys and values are stored; row i goes to slot {@code firstSlot + i}
 * @param rows queries, keys and values of all heads side by side
 * @param queryColumn first column of the query heads that share the key
 * @param heads number of them
 * @param keyColumn first column of the key
 * @param valueColumn first column of the value
 * @param positions logical position of each row
 * @param firstSlot slot of the first row
 */
public record NewRows(
        KvPages pages,
        FloatMatrix rows,
        int queryColumn,
        int heads,
        int keyColumn,
        int valueColumn,
        int[] positions,
        int firstSlot) {}
