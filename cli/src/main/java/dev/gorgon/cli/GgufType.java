package dev.gorgon.cli;

import dev.gorgon.kernels.BFloat16;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Storage types of GGUF tensors: id, layout and rounding as ggml defines them. */
enum GgufType {
    F32(0, 1, 4),
    BF16(30, 1, 2),
    /** 32 bytes and a half-float scale. */
    Q8_0(8, 32, 34),
    /** 32 half bytes and a half-float scale; input i is low, input i + 16 high. */
    Q4_0(2, 32, 18);

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    private final int id;
    private final int blockValues;
    private final int blockBytes;

    GgufType(int id, int blockValues, int blockBytes) {
        this.id = id;
        this.blockValues = blockValues;
        this.blockBytes = blockBytes;
    }

    int id() {
        return id;
    }

    /** @throws IllegalArgumentException if a row does not consist of whole blocks */
    long rowBytes(int columns) {
        if (columns % blockValues != 0) {
            throw new IllegalArgumentException(
                    this + " needs rows of a multiple of " + blockValues + ", got " + columns);
        }
        return (long) columns / blockValues * blockBytes;
    }

    void write(float[] row, MemorySegment target) {
        for (int i = 0; i < row.length; i += blockValues) {
            long at = (long) i / blockValues * blockBytes;
            switch (this) {
                case F32 -> target.set(FLOAT, at, row[i]);
                case BF16 -> target.set(SHORT, at, BFloat16.fromFloat(row[i]));
                case Q8_0 -> writeQ8(row, i, target, at);
                case Q4_0 -> writeQ4(row, i, target, at);
            }
        }
    }

    private static void writeQ8(float[] row, int first, MemorySegment target, long at) {
        float largest = 0f;
        for (int i = 0; i < 32; i++) {
            largest = Math.max(largest, Math.abs(row[first + i]));
        }
        float scale = largest / 127f;
        float inverse = scale == 0f ? 0f : 1f / scale;
        target.set(SHORT, at, Float.floatToFloat16(scale));
        for (int i = 0; i < 32; i++) {
            target.set(ValueLayout.JAVA_BYTE, at + 2 + i, (byte) Math.round(row[first + i] * inverse));
        }
    }

    private static void writeQ4(float[] row, int first, MemorySegment target, long at) {
        float extreme = 0f;
        for (int i = 0; i < 32; i++) {
            extreme = Math.abs(row[first + i]) > Math.abs(extreme) ? row[first + i] : extreme;
        }
        float scale = extreme / -8f;
        float inverse = scale == 0f ? 0f : 1f / scale;
        target.set(SHORT, at, Float.floatToFloat16(scale));
        for (int i = 0; i < 16; i++) {
            int low = Math.min(15, (int) (row[first + i] * inverse + 8.5f));
            int high = Math.min(15, (int) (row[first + i + 16] * inverse + 8.5f));
            target.set(ValueLayout.JAVA_BYTE, at + 2 + i, (byte) (low | high << 4));
        }
    }
}
