package dev.gorgon.engine.sample;

import java.util.Arrays;

/**
 * Top-k, top-p and typical-p (spec lorax-contract.md §4.3). A token that is filtered out gets −infinity. Ties are broken by token
 * id; masses are summed in double, in a fixed order.
 */
final class Filters {

    private Filters() {}

    /** Keeps the k largest logits and those equal to the k-th. */
    static void topK(float[] logits, int vocabulary, int k) {
        if (k >= vocabulary) {
            return;
        }
        float threshold = kthLargest(Arrays.copyOf(logits, vocabulary), k);
        for (int i = 0; i < vocabulary; i++) {
            if (logits[i] < threshold) {
                logits[i] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    private static float kthLargest(float[] values, int k) {
        Arrays.sort(values);
        return values[values.length - k];
    }

    /** Keeps the likeliest tokens until their mass reaches p, the one that reaches it included. */
    static void topP(float[] logits, int vocabulary, float p) {
        Ranked ranked = Ranked.descending(logits, vocabulary, i -> logits[i]);
        keepMass(logits, vocabulary, ranked, p);
    }

    /** Keeps the tokens whose surprise is closest to the entropy until their mass reaches p. */
    static void typicalP(float[] logits, int vocabulary, float p) {
        double[] probabilities = probabilities(logits, vocabulary);
        double entropy = 0;
        for (double probability : probabilities) {
            if (probability > 0) {
                entropy -= probability * StrictMath.log(probability);
            }
        }
        double typical = entropy;
        Ranked ranked =
                Ranked.descending(logits, vocabulary, i -> -Math.abs(-StrictMath.log(probabilities[i]) - typical));
        keepMass(logits, vocabulary, ranked, p);
    }

    private static void keepMass(float[] logits, int vocabulary, Ranked ranked, float p) {
        double[] probabilities = probabilities(logits, vocabulary);
        double mass = 0;
        int kept = 0;
        while (kept < ranked.tokens.length && mass < p) {
            mass += probabilities[ranked.tokens[kept++]];
        }
        for (int i = Math.max(1, kept); i < ranked.tokens.length; i++) {
            logits[ranked.tokens[i]] = Float.NEGATIVE_INFINITY;
        }
    }

    static double[] probabilities(float[] logits, int vocabulary) {
        double logSumExp = logSumExp(logits, vocabulary);
        double[] probabilities = new double[vocabulary];
        for (int i = 0; i < vocabulary; i++) {
            probabilities[i] = logits[i] == Float.NEGATIVE_INFINITY ? 0 : StrictMath.exp(logits[i] - logSumExp);
        }
        return probabilities;
    }

    static double logSumExp(float[] logits, int vocabulary) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < vocabulary; i++) {
            max = Math.max(max, logits[i]);
        }
        double sum = 0;
        for (int i = 0; i < vocabulary; i++) {
            // what is below 2^-60 of the largest cannot change the sum, and most of a vocabulary is
            if (logits[i] - max > -42) {
                sum += StrictMath.exp((double) logits[i] - max);
            }
        }
        return max + StrictMath.log(sum);
    }

    /** A score per token. */
    interface Score {
        double of(int token);
    }

    /** Tokens that are not filtered out, best score first, lower id first among equals. */
    record Ranked(int[] tokens) {

        static Ranked descending(float[] logits, int vocabulary, Score score) {
            double[] scores = new double[vocabulary];
            long[] order = new long[vocabulary];
            int count = 0;
            for (int i = 0; i < vocabulary; i++) {
                if (logits[i] != Float.NEGATIVE_INFINITY) {
                    scores[count] = score.of(i);
                    order[count] = i;
                    count++;
                }
            }
            return new Ranked(sort(scores, order, count));
        }

        /** Sorts 32 bits of score and the token in one long, then repairs runs whose scores differ only beyond those bits. */
        private static int[] sort(double[] scores, long[] order, int count) {
            long[] keys = new long[count];
            for (int i = 0; i < count; i++) {
                float rounded = (float) scores[i];
                int bits = Float.floatToIntBits(rounded == 0f ? 0f : rounded);
                int ascending = bits ^ ((bits >> 31) & 0x7FFFFFFF);
                keys[i] = ((long) ~ascending << 32) | i;
            }
            Arrays.sort(keys);
            int[] tokens = new int[count];
            for (int i = 0; i < count; i++) {
                int at = (int) keys[i];
                int place = i;
                while (place > 0
                        && keys[place - 1] >> 32 == keys[i] >> 32
                        && scores[(int) keys[place - 1]] < scores[at]) {
                    place--;
                }
                if (place < i) {
                    long key = keys[i];
                    System.arraycopy(keys, place, keys, place + 1, i - place);
                    keys[place] = key;
                }
            }
            for (int i = 0; i < count; i++) {
                tokens[i] = (int) order[(int) keys[i]];
            }
            return tokens;
        }
    }
}
