package dev.gorgon.kernels;

/**
 * How one page — the keys and values of {@link #BLOCK} positions of one key/value head in one layer — lies in memory.
 *
 * <pre>
 *  BF16  keys   [headDim/2][position 0..15][d%2]     values [position/2][headDim][position%2]
 *  F32   keys   [headDim][position 0..15]            values [position][headDim]
 * </pre>
 *
 * Scores have one lane per position and weighted sums one lane per head dimension, so neither is ever reduced across lanes.
 *
 * @param headDim elements per head, even
 * @param format storage of both keys and values; they are rounded once, when written
 */
public record KvLayout(int headDim, WeightFormat format) {

    /** Positions per page. */
    public static final int BLOCK = 16;

    public KvLayout {
        if (headDim < 2 || headDim % 2 != 0) {
            throw new IllegalArgumentException("head dimension must be even and positive, got " + headDim);
        }
        if (format.isQuantized()) {
            throw new IllegalArgumentException("keys and values are not quantized, got " + format);
        }
    }

    /** Bytes of the keys of a page; the values follow and take as many. */
    public long keyBytes() {
        return (long) headDim * BLOCK * format.bytes();
    }

    /** Bytes of a page. */
    public long pageBytes() {
        return 2 * keyBytes();
    }

    long keyOffset(int slot, int d) {
        return format == WeightFormat.F32 ? 4L * (d * BLOCK + slot) : 2L * (((d / 2) * BLOCK + slot) * 2 + d % 2);
    }

    long valueOffset(int slot, int d) {
        return keyBytes()
                + (format == WeightFormat.F32
                        ? 4L * (slot * headDim + d)
                        : 2L * (((slot / 2) * headDim + d) * 2 + slot % 2));
    }

    float read(long page, long offset) {
        return format == WeightFormat.F32
                ? Memory.getFloat(page + offset)
                : BFloat16.toFloat(Memory.getShort(page + offset));
    }

    private void write(long page, long offset, float value) {
        if (format == WeightFormat.F32) {
            Memory.putFloat(page + offset, value);
        } else {
            Memory.putShort(page + offset, BFloat16.fromFloat(value));
        }
    }

    /**
     * Writes one position.
     *
     * @param page address of the page
     * @param slot place in the page, 0 to 15
     * @param key address of {@code headDim} floats
     * @param value address of {@code headDim} floats
     */
    public void store(long page, int slot, long key, long value) {
        if (format == WeightFormat.F32) {
            for (int d = 0; d < headDim; d++) {
                Memory.putFloat(page + 4L * (d * BLOCK + slot), Memory.getFloat(key + 4L * d));
                Memory.putFloat(page + keyBytes() + 4L * (slot * headDim + d), Memory.getFloat(value + 4L * d));
            }
            return;
        }
        // two dimensions of a key are neighbours; a value's neighbours belong to another position
        long toKey = page + 4L * slot;
        long toValue = page + keyBytes() + 4L * (slot / 2) * headDim + 2 * (slot % 2);
        for (int d = 0; d < headDim; d += 2) {
            int even = BFloat16.fromFloat(Memory.getFloat(key + 4L * d)) & 0xFFFF;
            int odd = BFloat16.fromFloat(Memory.getFloat(key + 4L * d + 4));
            Memory.putInt(toKey, odd << 16 | even);
            toKey += 4L * BLOCK;
            Memory.putShort(toValue, BFloat16.fromFloat(Memory.getFloat(value + 4L * d)));
            Memory.putShort(toValue + 4, BFloat16.fromFloat(Memory.getFloat(value + 4L * d + 4)));
            toValue += 8;
        }
    }

    /** Copies one position to another place, bit by bit. */
    public void copy(long fromPage, int fromSlot, long toPage, int toSlot) {
        for (int d = 0; d < headDim; d++) {
            write(toPage, keyOffset(toSlot, d), read(fromPage, keyOffset(fromSlot, d)));
            write(toPage, valueOffset(toSlot, d), read(fromPage, valueOffset(fromSlot, d)));
        }
    }

    /** Mixes the bits of one position into a hash. */
    public long fingerprint(long page, int slot, long hash) {
        long mixed = hash;
        for (int d = 0; d < headDim; d++) {
            mixed = 31 * mixed + Float.floatToRawIntBits(read(page, keyOffset(slot, d)));
            mixed = 31 * mixed + Float.floatToRawIntBits(read(page, valueOffset(slot, d)));
        }
        return mixed;
    }
}
