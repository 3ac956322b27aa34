package dev.gorgon.kernels;

import java.lang.foreign.MemorySegment;

/**
 * Activations for quantized weights: per row and group of 32 inputs a float32 scale, the sum of the bytes, and the bytes. A group
 * is scaled so that its largest magnitude becomes 127; the products with the weights' whole numbers are then summed exactly, so
 * all providers agree to the last bit.
 */
final class QuantizedInputs {

    /** Bytes of one group of one row. */
    static final int GROUP_BYTES = 2 * Float.BYTES + PackedMatrix.GROUP;

    /** A group below this is taken for zero; its inverse scale would overflow. */
    private static final float LEAST = 1e-30f;

    private QuantizedInputs() {}

    static long rowBytes(int inFeatures) {
        return (long) WeightFormat.Q8.units(inFeatures) * GROUP_BYTES;
    }

    static void pack(FloatMatrix x, int row, int group, MemorySegment packed) {
        int first = group * PackedMatrix.GROUP;
        int count = Math.min(PackedMatrix.GROUP, x.columns() - first);
        long from = x.address(row) + 4L * first;
        long to = packed.address() + row * rowBytes(x.columns()) + (long) group * GROUP_BYTES;
        float largest = 0f;
        for (int i = 0; i < count; i++) {
            // the maximum is NaN when an input is, and so is then the scale and all that is computed from it
            largest = Math.max(largest, Math.abs(Memory.getFloat(from + 4L * i)));
        }
        float inverse = largest < LEAST ? 0f : 127f / largest;
        int sum = 0;
        for (int i = 0; i < PackedMatrix.GROUP; i++) {
            int level = i < count ? (int) Math.rint(Memory.getFloat(from + 4L * i) * inverse) : 0;
            Memory.putByte(to + 8 + i, (byte) level);
            sum += level;
        }
        Memory.putFloat(to, largest / 127f);
        Memory.putInt(to + 4, sum);
    }

    static float scale(long group) {
        return Memory.getFloat(group);
    }

    static int sum(long group) {
        return Memory.getInt(group + 4);
    }

    static int level(long group, int input) {
        return Memory.getByte(group + 8 + input);
    }

    /** Four neighbouring levels as one number. */
    static int word(long group, int index) {
        return Memory.getInt(group + 8 + 4L * index);
    }
}
