package dev.gorgon.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** One worker's arguments of native calls that do not fit in registers, laid out as the structs of {@code gorgon.h}. */
final class NativeCall {

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final int POINTERS = 10 * Long.BYTES;
    private static final int ATTENTION_BYTES = POINTERS + 8 * Integer.BYTES;

    private final MemorySegment attention = Arena.ofAuto().allocate(ATTENTION_BYTES, 64);
    private final MemorySegment newRows = Arena.ofAuto().allocate(11 * Long.BYTES + 6 * Integer.BYTES, 64);
    private final MemorySegment logits = Arena.ofAuto().allocate(16, 16);
    /** Block table, positions and paths, one after the other. */
    private MemorySegment lists = Arena.ofAuto().allocate(4096, 64);

    /** What a call threw. The runtime may report there that memory touched just before is gone: an error stays what it is. */
    static IllegalStateException failed(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        return new IllegalStateException("a native call failed", thrown);
    }

    /** Writes the arguments; the address of the struct. */
    long attention(Attention task, FloatMatrix scratch) {
        RowContexts contexts = task.contexts();
        int rows = task.queries().rows();
        int[] blocks = task.pages().blocks();
        int[][] paths = contexts.paths();
        int pathLength = 0;
        if (paths != null) {
            for (int[] path : paths) {
                pathLength = Math.max(pathLength, path.length);
            }
        }
        reserve(4L * (blocks.length + rows + (long) rows * pathLength));
        MemorySegment.copy(blocks, 0, lists, INT, 0, blocks.length);
        long positions = 4L * blocks.length;
        MemorySegment.copy(contexts.positions(), 0, lists, INT, positions, rows);
        long firstPath = positions + 4L * rows;
        if (paths != null) {
            for (int row = 0; row < rows; row++) {
                MemorySegment.copy(paths[row], 0, lists, INT, firstPath + 4L * row * pathLength, paths[row].length);
            }
        }
        KvPages pages = task.pages();
        put(0, pages.base());
        put(1, pages.blockStride());
        put(2, lists.address());
        put(3, task.queries().address(0) + 4L * task.firstColumn());
        put(4, task.queries().stride());
        put(5, task.output().address(0) + 4L * task.firstColumn());
        put(6, task.output().stride());
        put(7, lists.address() + positions);
        put(8, paths == null ? 0 : lists.address() + firstPath);
        put(9, scratch.address(0));
        putInt(0, pathLength);
        putInt(1, rows);
        putInt(2, task.heads());
        putInt(3, pages.layout().headDim());
        putInt(4, pages.layout().format().ordinal());
        putInt(5, contexts.prefixLength());
        putInt(6, task.window());
        attention.set(FLOAT, POINTERS + 7 * 4, task.scale());
        return attention.address();
    }

    /** Writes a {@code struct new_rows}; its address. */
    long newRows(NewRows task, RopeTable table) {
        int[] blocks = task.pages().blocks();
        int rows = task.rows().rows();
        reserve(4L * (blocks.length + rows));
        MemorySegment.copy(blocks, 0, lists, INT, 0, blocks.length);
        long positions = 4L * blocks.length;
        MemorySegment.copy(task.positions(), 0, lists, INT, positions, rows);
        long first = task.rows().address(0);
        newRows.setAtIndex(LONG, 0, task.pages().base());
        newRows.setAtIndex(LONG, 1, task.pages().blockStride());
        newRows.setAtIndex(LONG, 2, lists.address());
        newRows.setAtIndex(LONG, 3, lists.address() + positions);
        newRows.setAtIndex(LONG, 4, first + 4L * task.queryColumn());
        newRows.setAtIndex(LONG, 5, first + 4L * task.keyColumn());
        newRows.setAtIndex(LONG, 6, first + 4L * task.valueColumn());
        newRows.setAtIndex(LONG, 7, task.rows().stride());
        newRows.setAtIndex(LONG, 8, table.cosAddress(0));
        newRows.setAtIndex(LONG, 9, table.sinAddress(0));
        newRows.setAtIndex(LONG, 10, table.stride());
        KvLayout layout = task.pages().layout();
        int ints = 2 * 11;
        newRows.setAtIndex(INT, ints, rows);
        newRows.setAtIndex(INT, ints + 1, task.heads());
        newRows.setAtIndex(INT, ints + 2, layout.headDim());
        newRows.setAtIndex(INT, ints + 3, layout.format().ordinal());
        newRows.setAtIndex(INT, ints + 4, task.firstSlot());
        return newRows.address();
    }

    private void reserve(long bytes) {
        if (lists.byteSize() < bytes) {
            lists = Arena.ofAuto().allocate(2 * bytes, 64);
        }
    }

    private void put(int index, long value) {
        attention.setAtIndex(LONG, index, value);
    }

    private void putInt(int index, int value) {
        attention.set(INT, POINTERS + 4L * index, value);
    }

    long logitAddress() {
        return logits.address();
    }

    LogitChunk logits() {
        return new LogitChunk(logits.get(INT, 0), logits.get(FLOAT, 4), logits.get(FLOAT, 8));
    }
}
