package dev.gorgon.train.heads;

/**
 * A random order of the numbers below a bound that takes no memory: four rounds of a Feistel network over the next even number of
 * bits, walked until the result is below the bound (Black and Rogaway, 2002). The same seed and epoch give the same order.
 */
final class Shuffle {

    private static final int ROUNDS = 4;

    private final long bound;
    private final int halfBits;
    private final long mask;
    private final long[] keys = new long[ROUNDS];

    Shuffle(long bound, long seed, long epoch) {
        if (bound < 1) {
            throw new IllegalArgumentException("there is nothing to shuffle");
        }
        this.bound = bound;
        int bits = Long.SIZE - Long.numberOfLeadingZeros(bound - 1);
        this.halfBits = Math.max(1, (bits + 1) / 2);
        this.mask = (1L << halfBits) - 1;
        long state = mix(seed) ^ mix(epoch + 0x632BE59BD9B4E019L);
        for (int i = 0; i < ROUNDS; i++) {
            state = mix(state + 0x9E3779B97F4A7C15L);
            keys[i] = state;
        }
    }

    /** The finalizer of SplitMix64. */
    private static long mix(long z) {
        long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
        return b ^ (b >>> 31);
    }

    /** What comes at a place of the order. */
    long at(long place) {
        if (place < 0 || place >= bound) {
            throw new IndexOutOfBoundsException("place " + place + " of " + bound);
        }
        long value = place;
        do {
            long left = value >>> halfBits;
            long right = value & mask;
            for (long key : keys) {
                long next = left ^ (mix(right + key) & mask);
                left = right;
                right = next;
            }
            value = left << halfBits | right;
        } while (value >= bound);
        return value;
    }
}
