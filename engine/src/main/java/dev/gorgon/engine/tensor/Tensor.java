package dev.gorgon.engine.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A typed, shaped, row-major view over little-endian memory. Does not own the memory.
 *
 * @param dtype element type
 * @param shape sizes of the dimensions, outermost first
 * @param data the elements
 */
public record Tensor(DType dtype, List<Long> shape, MemorySegment data) {

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /**
     * @throws IllegalArgumentException if a size is negative or the data is not exactly as long as the shape says
     */
    public Tensor {
        shape = List.copyOf(shape);
        long bytes = dtype.bytes();
        for (long size : shape) {
            if (size < 0) {
                throw new IllegalArgumentException("negative size in shape " + shape);
            }
            bytes = Math.multiplyExact(bytes, size);
        }
        if (bytes != data.byteSize()) {
            throw new IllegalArgumentException(
                    dtype + " of shape " + shape + " takes " + bytes + " bytes, not " + data.byteSize());
        }
    }

    /** Number of dimensions. */
    public int rank() {
        return shape.size();
    }

    /** Size of a dimension. */
    public long dim(int index) {
        return shape.get(index);
    }

    /** Number of elements. */
    public long elements() {
        return data.byteSize() / dtype.bytes();
    }

    /**
     * The element at a flat index, as float32.
     *
     * @throws IllegalStateException if the type is not a floating-point one
     */
    public float at(long index) {
        return switch (dtype) {
            case F32 -> data.get(FLOAT, 4 * index);
            case BF16 -> Float.intBitsToFloat(data.get(SHORT, 2 * index) << 16);
            case F16 -> Float.float16ToFloat(data.get(SHORT, 2 * index));
            case F64 -> (float) data.get(DOUBLE, 8 * index);
            default -> throw new IllegalStateException("elements of type " + dtype + " are not floating-point numbers");
        };
    }
}
