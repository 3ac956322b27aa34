package dev.gorgon.kernels;

import java.lang.foreign.Arena;

/**
 * Cosines and sines of the rotary embedding by absolute position: column i holds the angle {@code position * frequency[i]},
 * computed in float32 as the reference implementation does.
 */
public final class RopeTable {

    private final FloatMatrix cos;
    private final FloatMatrix sin;

    private RopeTable(FloatMatrix cos, FloatMatrix sin) {
        this.cos = cos;
        this.sin = sin;
    }

    /** Tables for positions 0 to {@code positions - 1}; one frequency per pair of head dimensions, in radians per position. */
    public static RopeTable create(Arena arena, int positions, float[] frequencies) {
        FloatMatrix cos = FloatMatrix.allocate(arena, positions, frequencies.length);
        FloatMatrix sin = FloatMatrix.allocate(arena, positions, frequencies.length);
        for (int position = 0; position < positions; position++) {
            for (int i = 0; i < frequencies.length; i++) {
                float angle = position * frequencies[i];
                cos.set(position, i, (float) StrictMath.cos(angle));
                sin.set(position, i, (float) StrictMath.sin(angle));
            }
        }
        return new RopeTable(cos, sin);
    }

    /** Number of positions. */
    public int positions() {
        return cos.rows();
    }

    /** Pairs of dimensions that are rotated: dimension i with dimension {@code i + pairs}. */
    public int pairs() {
        return cos.columns();
    }

    /** Floats from the angles of one position to those of the next. */
    int stride() {
        return cos.stride();
    }

    long cosAddress(int position) {
        return cos.address(position);
    }

    long sinAddress(int position) {
        return sin.address(position);
    }
}
