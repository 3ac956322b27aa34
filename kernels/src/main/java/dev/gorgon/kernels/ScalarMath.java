package dev.gorgon.kernels;

/**
 * Exponential and its relatives in float32, specified operation by operation so that scalar and vector code give the same bits.
 * The polynomial is the Taylor series of degree 7 after reducing the argument to ±ln2/2; the error is below 2 ulp.
 */
final class ScalarMath {

    static final float LOG2E = 1.4426950408889634f;
    /** ln 2 in two parts; the high part has enough trailing zeros for an exact product with the exponent. */
    static final float LN2_HIGH = 0.693145751953125f;

    static final float LN2_LOW = 1.42860682030941723212e-6f;
    /** 1.5·2^23: adding it rounds to an integer, which then sits in the low bits. */
    static final float ROUNDER = 12582912f;

    static final int ROUNDER_BITS = Float.floatToRawIntBits(ROUNDER);
    static final float EXP_MIN = -87f;
    static final float EXP_MAX = 88f;
    static final float C2 = 1f / 2;
    static final float C3 = 1f / 6;
    static final float C4 = 1f / 24;
    static final float C5 = 1f / 120;
    static final float C6 = 1f / 720;
    static final float C7 = 1f / 5040;

    private ScalarMath() {}

    /** e^x; 0 below −87, e^88 above 88, NaN for NaN. */
    static float exp(float x) {
        float clamped = Math.min(x, EXP_MAX);
        float shifted = Math.fma(clamped, LOG2E, ROUNDER);
        float n = shifted - ROUNDER;
        float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, clamped));
        float p = C7;
        p = Math.fma(p, r, C6);
        p = Math.fma(p, r, C5);
        p = Math.fma(p, r, C4);
        p = Math.fma(p, r, C3);
        p = Math.fma(p, r, C2);
        p = Math.fma(p, r, 1f);
        p = Math.fma(p, r, 1f);
        int exponent = Float.floatToRawIntBits(shifted) - ROUNDER_BITS + 127;
        float result = p * Float.intBitsToFloat(exponent << 23);
        return x < EXP_MIN ? 0f : result;
    }

    /** a·sigmoid(a). */
    static float silu(float a) {
        return a / (1f + exp(-a));
    }

    /** Adds 16 interleaved partial sums in a fixed tree: i with i+8, then i+4, i+2, i+1. Overwrites {@code lanes}. */
    static float sumTree(float[] lanes) {
        for (int half = 8; half > 0; half /= 2) {
            for (int i = 0; i < half; i++) {
                lanes[i] += lanes[i + half];
            }
        }
        return lanes[0];
    }

    /** Factor that brings a row with this sum of squares to unit mean square. */
    static float inverseRms(float sumOfSquares, int columns, float epsilon) {
        return (float) (1.0 / Math.sqrt((double) (sumOfSquares / columns) + epsilon));
    }
}
