package dev.gorgon.train.heads;

import java.util.Arrays;

/** Sums over positions, per head: losses, and how often the label was among the k likeliest tokens. */
final class HeadScores {

    private final double[] losses;
    private final long[] counts;
    private final long[][] hits;

    /** @param ranks largest k that is counted */
    HeadScores(int heads, int ranks) {
        losses = new double[heads];
        counts = new long[heads];
        hits = new long[heads][ranks];
    }

    void add(int head, double loss, int rank) {
        losses[head] += loss;
        counts[head]++;
        if (rank < hits[head].length) {
            hits[head][rank]++;
        }
    }

    /** The sums alone. */
    record Sums(double[] losses, long[] counts, long[][] hits) {}

    Sums sums() {
        return new Sums(losses, counts, hits);
    }

    void set(Sums sums) {
        clear();
        addAll(sums);
    }

    void clear() {
        Arrays.fill(losses, 0);
        Arrays.fill(counts, 0);
        for (long[] line : hits) {
            Arrays.fill(line, 0);
        }
    }

    /** Adds sums over other positions, for as many ranks as are counted here. */
    void addAll(Sums sums) {
        for (int head = 0; head < losses.length; head++) {
            losses[head] += sums.losses[head];
            counts[head] += sums.counts[head];
            for (int rank = 0; rank < hits[head].length; rank++) {
                hits[head][rank] += sums.hits[head][rank];
            }
        }
    }

    int heads() {
        return losses.length;
    }

    /** Labels of a head. */
    long count(int head) {
        return counts[head];
    }

    /** Mean loss of a head; 0 if it has no label. */
    double loss(int head) {
        return counts[head] == 0 ? 0 : losses[head] / counts[head];
    }

    /** Share of a head's labels that were among its {@code k} likeliest tokens; 0 if it has no label. */
    double accuracy(int head, int k) {
        long sum = 0;
        for (int rank = 0; rank < k; rank++) {
            sum += hits[head][rank];
        }
        return counts[head] == 0 ? 0 : (double) sum / counts[head];
    }

    /** Ranks that were counted. */
    int ranks() {
        return hits[0].length;
    }

    /** The loss that is minimized. */
    double total(double[] weights) {
        double total = 0;
        for (int head = 0; head < losses.length; head++) {
            total += weights[head] * loss(head);
        }
        return total;
    }
}
