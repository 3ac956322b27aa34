package dev.gorgon.engine.sample;

/**
 * Gumbel noise that is a function of (seed, stream, output index, token) and of nothing else (spec medusa.md §6.2), so it does not
 * depend on how many rows were scored, accepted, rejected or recomputed.
 */
final class CounterNoise {

    private static final long GOLDEN = 0x9E3779B97F4A7C15L;
    private static final double TWO_POW_MINUS_52 = 0x1p-52;
    private static final double LN2 = Math.log(2);

    private final long key;

    CounterNoise(long seed, int stream, int outputIndex) {
        this.key = mix(mix(mix(seed + GOLDEN) + stream) + outputIndex);
    }

    /** The finaliser of SplitMix64. */
    static long mix(long z) {
        long x = z;
        x = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
        x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
        return x ^ (x >>> 31);
    }

    /** 52 uniform bits for a token. */
    long bits(int token) {
        return mix(key + GOLDEN * (token + 1L)) >>> 12;
    }

    /** −ln(−ln u) for u = (bits + ½)·2^−52, which is never 0 or 1. */
    static double gumbel(long bits) {
        double u = (bits + 0.5) * TWO_POW_MINUS_52;
        return -StrictMath.log(-StrictMath.log(u));
    }

    /**
     * An upper bound of {@link #gumbel} that needs no logarithm: −ln u ≥ 1 − u ≥ 2^−(l+1) where l leading bits are ones. A little
     * is added because the logarithms of both sides are rounded.
     */
    static double bound(long bits) {
        int ones = Long.numberOfLeadingZeros(~(bits << 12));
        return (Math.min(ones, 52) + 1) * LN2 + 1e-9;
    }
}
