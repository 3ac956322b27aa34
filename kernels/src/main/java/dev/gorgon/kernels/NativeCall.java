package dev.gorgon.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Arguments of native calls that do not fit in registers: {@code struct attention} and {@code struct logit_chunk}. */
final class NativeCall {

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final int POINTERS = 10 * Long.BYTES;
    private static final int ATTENTION_BYTES = POINTERS + 8 * Integer.BYTES;

    private final MemorySegment attention = Arena.ofAuto().allocate(ATTENTION_BYTES, 64);
    private final MemorySegment logits = Arena.ofAuto().allocate(16, 16);
    /** Block table, positions and paths, one after the other. */
    private MemorySegment lists = Arena.ofAuto().allocate(4096, 64);

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
