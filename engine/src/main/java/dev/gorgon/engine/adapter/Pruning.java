package dev.gorgon.engine.adapter;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/** Which elements of a factor take part in a merge, and what they are multiplied with. */
sealed interface Pruning {

    /** The element at an index after pruning. */
    float apply(float element, long index);

    /** Keeps everything. */
    record None() implements Pruning {
        @Override
        public float apply(float element, long index) {
            return element;
        }
    }

    /**
     * Keeps the largest magnitudes; among equal ones, those that come first.
     *
     * @param least bits of the smallest magnitude that is kept
     * @param lastOfLeast index up to which elements of that magnitude are kept
     */
    record Magnitude(int least, long lastOfLeast) implements Pruning {

        private static final int MAGNITUDE = 0x7FFF_FFFF;
        private static final int LOW_BITS = 15;

        /** Keeps {@code kept} of {@code count} elements. Three passes, without sorting or copying: magnitudes order like bits. */
        static Magnitude keeping(long kept, long count, LongToFloat elements) {
            if (kept <= 0) {
                return new Magnitude(MAGNITUDE, -1);
            }
            long[] high = new long[1 << (31 - LOW_BITS)];
            for (long i = 0; i < count; i++) {
                high[bits(elements.at(i)) >>> LOW_BITS]++;
            }
            long left = kept;
            int bin = high.length - 1;
            while (high[bin] < left) {
                left -= high[bin--];
            }
            long[] low = new long[1 << LOW_BITS];
            for (long i = 0; i < count; i++) {
                int bits = bits(elements.at(i));
                if (bits >>> LOW_BITS == bin) {
                    low[bits & low.length - 1]++;
                }
            }
            int place = low.length - 1;
            while (low[place] < left) {
                left -= low[place--];
            }
            int least = bin << LOW_BITS | place;
            long last = -1;
            while (left > 0) {
                if (bits(elements.at(++last)) == least) {
                    left--;
                }
            }
            return new Magnitude(least, last);
        }

        private static int bits(float element) {
            return Float.floatToRawIntBits(element) & MAGNITUDE;
        }

        @Override
        public float apply(float element, long index) {
            int bits = bits(element);
            return bits > least || (bits == least && index <= lastOfLeast) ? element : 0f;
        }
    }

    /** Elements by index. */
    interface LongToFloat {
        float at(long index);
    }

    /**
     * Keeps elements at random and makes up for those that are gone. Whether an element is kept is a hash of the seed and its index,
     * so neither threads nor the order of work matter.
     *
     * @param density chance that an element is kept, between 0 and 1
     */
    record Random(long seed, double density) implements Pruning {

        private static final long GOLDEN = 0x9E3779B97F4A7C15L;

        /** @param key what the draws depend on */
        static Random of(List<String> key, double density) {
            try {
                MessageDigest digest = MessageDigest.getInstance("SHA-256");
                for (String part : key) {
                    byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
                    digest.update(ByteBuffer.allocate(Integer.BYTES)
                            .putInt(bytes.length)
                            .array());
                    digest.update(bytes);
                }
                return new Random(ByteBuffer.wrap(digest.digest()).getLong(), density);
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public float apply(float element, long index) {
            return uniform(index) < density ? (float) (element / density) : 0f;
        }

        /** A number from 0 up to 1: the finaliser of SplitMix64 on a counter. */
        private double uniform(long index) {
            long x = seed + GOLDEN * (index + 1);
            x = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
            x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
            x ^= x >>> 31;
            return (x >>> 11) * 0x1p-53;
        }
    }
}
