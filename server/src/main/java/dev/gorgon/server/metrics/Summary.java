package dev.gorgon.server.metrics;

import dev.gorgon.engine.meter.Distribution;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A summary of small whole numbers with LoRAX's quantiles, over all time; shown once there is a number. Quantiles are exact up to
 * the largest number that is told apart.
 */
final class Summary implements Collector {
    private static final double[] QUANTILES = {0, 0.5, 0.9, 0.95, 0.99, 0.999, 1};

    private final Family family;
    private final Distribution numbers;

    Summary(Family family, int largest) {
        this.family = family;
        this.numbers = Distribution.ofCounts(
                IntStream.rangeClosed(0, largest).asDoubleStream().toArray());
    }

    void observe(int number) {
        numbers.record(number);
    }

    @Override
    public List<Family> families() {
        return List.of(family);
    }

    @Override
    public void collect(Page page) {
        long count = numbers.count();
        if (count == 0) {
            return;
        }
        page.begin(family);
        for (double quantile : QUANTILES) {
            page.sample(Labels.of("quantile", Double.toString(quantile)), quantile(quantile, count));
        }
        page.count("_count", count);
        page.sample("_sum", "", numbers.sum());
    }

    /** The smallest number that so large a part of all numbers does not exceed. */
    private double quantile(double quantile, long count) {
        long wanted = Math.max(1, (long) Math.ceil(quantile * count));
        long below = 0;
        for (int i = 0; i < numbers.bounds(); i++) {
            below += numbers.count(i);
            if (below >= wanted) {
                return numbers.bound(i);
            }
        }
        return numbers.bound(numbers.bounds() - 1);
    }
}
