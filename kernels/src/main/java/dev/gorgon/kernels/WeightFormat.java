package dev.gorgon.kernels;

/** How matrix elements and key/value rows are stored once packed. Activations are always float32. */
public enum WeightFormat {
    F32(4),
    BF16(2);

    private final int bytes;

    WeightFormat(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes per element. */
    public int bytes() {
        return bytes;
    }
}
