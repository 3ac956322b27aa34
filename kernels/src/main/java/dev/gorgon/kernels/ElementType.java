package dev.gorgon.kernels;

/** Element types of row-major source matrices that can be packed. */
public enum ElementType {
    F32(4),
    F16(2),
    BF16(2);

    private final int bytes;

    ElementType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes per element. */
    public int bytes() {
        return bytes;
    }

    /** Reads the element at {@code address} as a float. */
    float read(long address) {
        return switch (this) {
            case F32 -> Memory.getFloat(address);
            case BF16 -> BFloat16.toFloat(Memory.getShort(address));
            case F16 -> Float.float16ToFloat(Memory.getShort(address));
        };
    }
}
