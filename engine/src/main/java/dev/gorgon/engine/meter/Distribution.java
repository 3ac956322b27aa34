package dev.gorgon.engine.meter;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;

/**
 * How often whole numbers fell into which range: a histogram. Recording takes a binary search and two atomic additions, and never
 * waits; any thread may record and read. A reader may see a number in its range before it is in the sum.
 */
public final class Distribution {

    private static final double NANOS_PER_SECOND = 1e9;

    /** Upper bounds as they are shown, in shown units. */
    private final double[] bounds;
    /** The largest whole number within each bound. */
    private final long[] limits;

    private final double unitsPerShown;
    private final AtomicLongArray counts;
    private final AtomicLong sum = new AtomicLong();

    private Distribution(double[] bounds, double unitsPerShown) {
        this.bounds = bounds.clone();
        this.unitsPerShown = unitsPerShown;
        this.limits = Arrays.stream(bounds)
                .mapToLong(bound -> (long) Math.floor(bound * unitsPerShown))
                .toArray();
        for (int i = 1; i < bounds.length; i++) {
            if (!(bounds[i] > bounds[i - 1])) {
                throw new IllegalArgumentException("bounds must rise, got " + Arrays.toString(bounds));
            }
        }
        this.counts = new AtomicLongArray(bounds.length + 1);
    }

    /** Of times that are recorded in nanoseconds and shown in seconds. */
    public static Distribution ofNanos(double... boundsInSeconds) {
        return new Distribution(boundsInSeconds, NANOS_PER_SECOND);
    }

    /** Of numbers of things. */
    public static Distribution ofCounts(double... bounds) {
        return new Distribution(bounds, 1);
    }

    /** Bounds that grow by a factor: {@code first · factor^i} for i from 0 to n − 1. */
    public static double[] growing(double first, double factor, int n) {
        return IntStream.range(0, n)
                .mapToDouble(i -> first * Math.pow(factor, i))
                .toArray();
    }

    /** Counts a number; negative ones, as from a clock that was set back, count as 0. */
    public void record(long number) {
        long value = Math.max(number, 0);
        counts.getAndIncrement(range(value));
        sum.getAndAdd(value);
    }

    /** The first range whose bound is not below the value. */
    private int range(long value) {
        int low = 0;
        int high = limits.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (limits[middle] < value) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Number of ranges with an upper bound; one more has none. */
    public int bounds() {
        return bounds.length;
    }

    /** An upper bound, in shown units. */
    public double bound(int range) {
        return bounds[range];
    }

    /** Numbers recorded in a range; range {@link #bounds()} is the one without a bound. */
    public long count(int range) {
        return counts.get(range);
    }

    /** Numbers recorded in all. */
    public long count() {
        long all = 0;
        for (int i = 0; i < counts.length(); i++) {
            all += counts.get(i);
        }
        return all;
    }

    /** Sum of all numbers, in shown units. */
    public double sum() {
        return sum.get() / unitsPerShown;
    }
}
