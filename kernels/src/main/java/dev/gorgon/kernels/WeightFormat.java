package dev.gorgon.kernels;

/**
 * How the elements of a matrix are stored once packed. Keys, values and embeddings use the unquantized formats only; activations
 * are always float32.
 */
public enum WeightFormat {
    F32(2, 4),
    BF16(2, 2),
    /** Bytes with one half-float scale per 32 inputs: {@code w = scale · q}, −127 ≤ q ≤ 127. */
    Q8(PackedMatrix.GROUP, 1),
    /** Half bytes with one half-float scale per 32 inputs: {@code w = scale · q}, −8 ≤ q ≤ 7. */
    Q4(PackedMatrix.GROUP, 0);

    private final int unitInputs;
    private final int bytes;

    WeightFormat(int unitInputs, int bytes) {
        this.unitInputs = unitInputs;
        this.bytes = bytes;
    }

    /** Whether elements share scales. */
    public boolean isQuantized() {
        return unitInputs == PackedMatrix.GROUP;
    }

    /**
     * Bytes per element.
     *
     * @throws IllegalStateException for a quantized format, whose elements have none of their own
     */
    public int bytes() {
        if (isQuantized()) {
            throw new IllegalStateException(this + " stores groups, not elements");
        }
        return bytes;
    }

    /** What goes with these weights unquantized: adapters, embeddings, keys and values. */
    public WeightFormat unquantized() {
        return isQuantized() ? BF16 : this;
    }

    /** Inputs that are packed together. */
    int unitInputs() {
        return unitInputs;
    }

    /** Units of a row of inputs, the last one padded with zeros. */
    int units(int inFeatures) {
        return (inFeatures + unitInputs - 1) / unitInputs;
    }

    /** Bytes of one unit of a block of outputs. */
    int unitBytes() {
        int outputs = PackedMatrix.BLOCK;
        return switch (this) {
            case F32, BF16 -> unitInputs * outputs * bytes;
            case Q8 -> outputs * Short.BYTES + outputs * PackedMatrix.GROUP;
            case Q4 -> outputs * Short.BYTES + outputs * PackedMatrix.GROUP / 2;
        };
    }
}
