package dev.gorgon.engine.weights;

import dev.gorgon.engine.tensor.DType;
import dev.gorgon.engine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A tensor as a view of its storage: element (i, j, …) lies at offset + Σ index·stride. */
record StorageView(DType dtype, List<Long> shape, List<Long> strides, long offset) {

    /** Whether all elements lie in a storage of so many bytes, and the storage is not repeated by strides of zero. */
    boolean fits(long storageBytes) {
        if (shape.size() != strides.size() || offset < 0) {
            return false;
        }
        try {
            long elements = 1;
            long last = offset;
            for (int i = 0; i < shape.size(); i++) {
                if (shape.get(i) < 0 || strides.get(i) < 0) {
                    return false;
                }
                elements = Math.multiplyExact(elements, shape.get(i));
                last = Math.addExact(last, Math.multiplyExact(Math.max(0, shape.get(i) - 1), strides.get(i)));
            }
            return Math.multiplyExact(elements, (long) dtype.bytes()) <= storageBytes
                    && (elements == 0
                            || Math.multiplyExact(Math.addExact(last, 1), (long) dtype.bytes()) <= storageBytes);
        } catch (ArithmeticException e) {
            return false;
        }
    }

    /** Number of bytes of the elements; the view must fit. */
    long bytes() {
        return shape.stream().reduce((long) dtype.bytes(), (a, b) -> a * b);
    }

    /** Whether the elements follow each other in row-major order. */
    boolean contiguous() {
        long expected = 1;
        boolean contiguous = true;
        for (int i = shape.size() - 1; i >= 0; i--) {
            contiguous &= shape.get(i) == 1 || strides.get(i) == expected;
            expected *= shape.get(i);
        }
        return contiguous || expected == 0;
    }

    /** The tensor within its storage, if it is contiguous. */
    Tensor slice(MemorySegment storage) {
        long bytes = bytes();
        return new Tensor(dtype, shape, storage.asSlice(bytes == 0 ? 0 : offset * dtype.bytes(), bytes));
    }

    /** The tensor in row-major order in memory of its size. */
    Tensor copy(MemorySegment storage, MemorySegment target) {
        copy(storage, target, 0, offset, 0);
        return new Tensor(dtype, shape, target);
    }

    /** Copies one dimension after the other; returns the number of elements written so far. */
    private long copy(MemorySegment from, MemorySegment to, int dimension, long at, long written) {
        if (dimension == shape.size()) {
            MemorySegment.copy(from, at * dtype.bytes(), to, written * dtype.bytes(), dtype.bytes());
            return written + 1;
        }
        long count = written;
        for (long i = 0; i < shape.get(dimension); i++) {
            count = copy(from, to, dimension + 1, at + i * strides.get(dimension), count);
        }
        return count;
    }
}
