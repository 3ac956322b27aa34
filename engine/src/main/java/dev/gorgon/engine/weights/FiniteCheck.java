package dev.gorgon.engine.weights;

import dev.gorgon.engine.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/** Refuses weights that hold NaN or infinity: they would spoil every answer silently. */
public final class FiniteCheck {

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    private FiniteCheck() {}

    /**
     * @throws WeightsException naming the tensor and the file if an element is NaN or infinite, or not floating-point at all, or
     *     if the file has become so short that it does not hold the tensor any more
     */
    public static void requireFinite(Tensor tensor, String name, Path path) {
        requireFloatingPoint(tensor, name, path);
        long bad;
        try {
            bad = firstBad(tensor);
        } catch (InternalError e) { // how the runtime reports a mapped page that is gone
            throw new WeightsException(
                    "tensor " + name + " cannot be read: " + path + " became shorter while it was loaded", e);
        }
        if (bad >= 0) {
            throw new WeightsException("tensor " + name + " in " + path + " holds " + tensor.at(bad) + " at index "
                    + bad + "; weights must be finite numbers");
        }
    }

    /** @throws WeightsException naming the tensor and the file if its elements are not floating-point numbers */
    public static void requireFloatingPoint(Tensor tensor, String name, Path path) {
        if (!tensor.dtype().isFloatingPoint()) {
            throw new WeightsException("tensor " + name + " in " + path + " has type " + tensor.dtype()
                    + "; weights must be F32, F16 or BF16");
        }
    }

    /** A float is not finite when all bits of its exponent are set. */
    private static long firstBad(Tensor tensor) {
        long count = tensor.elements();
        switch (tensor.dtype()) {
            case F32 -> {
                for (long i = 0; i < count; i++) {
                    if ((tensor.data().get(INT, 4 * i) & 0x7F800000) == 0x7F800000) {
                        return i;
                    }
                }
            }
            case BF16 -> {
                return firstBadShort(tensor, count, 0x7F80);
            }
            default -> {
                return firstBadShort(tensor, count, 0x7C00);
            }
        }
        return -1;
    }

    private static long firstBadShort(Tensor tensor, long count, int exponent) {
        for (long i = 0; i < count; i++) {
            if ((tensor.data().get(SHORT, 2 * i) & exponent) == exponent) {
                return i;
            }
        }
        return -1;
    }
}
