package dev.gorgon.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A view of float32 activations: {@code rows × columns}, rows {@code stride} floats apart. Does not own its memory.
 *
 * @param segment memory of the view, from its first element on
 * @param rows number of rows
 * @param columns number of columns
 * @param stride floats from one row to the next, at least {@code columns}
 */
public record FloatMatrix(MemorySegment segment, int rows, int columns, int stride) {

    public FloatMatrix {
        if (rows < 0 || columns < 0 || stride < columns) {
            throw new IllegalArgumentException("bad matrix " + rows + "x" + columns + ", stride " + stride);
        }
        if (rows > 0 && segment.byteSize() < 4L * ((long) (rows - 1) * stride + columns)) {
            throw new IllegalArgumentException("a matrix of " + rows + "x" + columns + ", stride " + stride
                    + ", does not fit in " + segment.byteSize() + " bytes");
        }
    }

    /** A zeroed, 64-byte aligned matrix whose rows start on 64-byte boundaries. */
    public static FloatMatrix allocate(Arena arena, int rows, int columns) {
        int stride = (columns + 15) & ~15;
        // columns of rows that lie a multiple of 4096 bytes apart would compete for the same lines of the caches
        stride += stride % 1024 == 0 ? 16 : 0;
        return new FloatMatrix(LargeMemory.allocate(arena, 4L * Math.max(1, rows) * stride), rows, columns, stride);
    }

    /** Address of the first element of a row. */
    public long address(int row) {
        return segment.address() + 4L * row * stride;
    }

    public float get(int row, int column) {
        return Memory.getFloat(address(row) + 4L * column);
    }

    public void set(int row, int column, float value) {
        Memory.putFloat(address(row) + 4L * column, value);
    }

    /** Rows {@code from} to {@code to} (exclusive). */
    public FloatMatrix rows(int from, int to) {
        return new FloatMatrix(segment.asSlice(4L * from * stride), to - from, columns, stride);
    }

    /** Columns {@code from} to {@code to} (exclusive). */
    public FloatMatrix columns(int from, int to) {
        return new FloatMatrix(segment.asSlice(4L * from), rows, to - from, stride);
    }

    /** Copies one row of {@code source} into a row of this matrix. */
    public void copyRow(FloatMatrix source, int sourceRow, int row) {
        MemorySegment.copy(source.segment, 4L * sourceRow * source.stride, segment, 4L * row * stride, 4L * columns);
    }
}
