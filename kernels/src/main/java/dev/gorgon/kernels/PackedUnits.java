package dev.gorgon.kernels;

/** Writes and reads the units of a {@link PackedMatrix}, one output at a time: the specification of rounding and quantizing. */
final class PackedUnits {

    private static final int OUTPUTS = PackedMatrix.BLOCK;
    private static final int GROUP = PackedMatrix.GROUP;
    private static final int SCALES = OUTPUTS * Short.BYTES;
    /**
     * Divisors of the largest weight that are tried for the scale of a group of half bytes; the one with the least squared error
     * is taken. Both signs, because the levels are not symmetric, and some that clip the largest weight.
     */
    private static final float[] Q4_DIVISORS = {-8f, -7.5f, -8.5f, -9f, 7.5f, 8f, 8.5f, 9f};

    private PackedUnits() {}

    /**
     * Packs the weights of one output.
     *
     * @param unit address of the unit
     * @param weights as many as the format's units have inputs
     * @return whether the scale is finite
     */
    static boolean put(WeightFormat format, long unit, int lane, float[] weights) {
        switch (format) {
            case F32 -> {
                Memory.putFloat(unit + 4L * lane, weights[0]);
                Memory.putFloat(unit + 4L * (OUTPUTS + lane), weights[1]);
                return true;
            }
            case BF16 -> {
                Memory.putShort(unit + 4L * lane, BFloat16.fromFloat(weights[0]));
                Memory.putShort(unit + 4L * lane + 2, BFloat16.fromFloat(weights[1]));
                return true;
            }
            case Q8 -> {
                return putBytes(unit, lane, weights);
            }
            default -> {
                return putHalfBytes(unit, lane, weights);
            }
        }
    }

    static float get(WeightFormat format, long unit, int lane, int input) {
        return switch (format) {
            case F32 -> Memory.getFloat(unit + 4L * (input * OUTPUTS + lane));
            case BF16 -> BFloat16.toFloat(Memory.getShort(unit + 4L * lane + 2 * input));
            default -> scale(unit, lane) * level(format, unit, lane, input);
        };
    }

    /** The scale of one output's group. */
    static float scale(long unit, int lane) {
        return Float.float16ToFloat(Memory.getShort(unit + 2L * lane));
    }

    /** The whole number that a quantized weight is, before scaling. */
    static int level(WeightFormat format, long unit, int lane, int input) {
        if (format == WeightFormat.Q8) {
            return (Memory.getByte(at(unit, lane, input)) & 0xFF) - 128;
        }
        int both = Memory.getByte(at(unit, lane, input % (GROUP / 2)));
        return (input < GROUP / 2 ? both & 0xF : both >> 4 & 0xF) - 8;
    }

    private static long at(long unit, int lane, int input) {
        return unit + SCALES + (input / 4 * OUTPUTS + lane) * 4L + input % 4;
    }

    private static float inverse(float scale) {
        return scale == 0f ? 0f : 1f / scale;
    }

    private static boolean isFinite(short half) {
        return (half & 0x7C00) != 0x7C00;
    }

    private static boolean putBytes(long unit, int lane, float[] weights) {
        float largest = 0f;
        for (float weight : weights) {
            largest = Math.max(largest, Math.abs(weight));
        }
        short half = Float.floatToFloat16(largest / 127f);
        float inverse = inverse(Float.float16ToFloat(half));
        Memory.putShort(unit + 2L * lane, half);
        for (int i = 0; i < GROUP; i++) {
            int level = (int) Math.rint(weights[i] * inverse);
            Memory.putByte(at(unit, lane, i), (byte) (Math.clamp(level, -127, 127) + 128));
        }
        return isFinite(half);
    }

    private static int level4(float weight, float inverse) {
        return Math.clamp((int) Math.rint(weight * inverse) + 8L, 0, 15);
    }

    private static boolean putHalfBytes(long unit, int lane, float[] weights) {
        float largest = 0f;
        for (float weight : weights) {
            largest = Math.abs(weight) > Math.abs(largest) ? weight : largest;
        }
        short best = 0;
        float least = 0f;
        boolean finite = true;
        for (int d = 0; d < Q4_DIVISORS.length; d++) {
            short half = Float.floatToFloat16(largest / Q4_DIVISORS[d]);
            finite &= d > 0 || isFinite(half);
            float error = squaredError(weights, Float.float16ToFloat(half));
            if (d == 0 || error < least) {
                least = error;
                best = half;
            }
        }
        float inverse = inverse(Float.float16ToFloat(best));
        Memory.putShort(unit + 2L * lane, best);
        for (int i = 0; i < GROUP / 2; i++) {
            int low = level4(weights[i], inverse);
            int high = level4(weights[i + GROUP / 2], inverse);
            Memory.putByte(at(unit, lane, i), (byte) (low | high << 4));
        }
        return finite;
    }

    private static float squaredError(float[] weights, float scale) {
        float inverse = inverse(scale);
        float error = 0f;
        for (float weight : weights) {
            float miss = Math.fma((float) -(level4(weight, inverse) - 8), scale, weight);
            error = Math.fma(miss, miss, error);
        }
        return error;
    }
}
