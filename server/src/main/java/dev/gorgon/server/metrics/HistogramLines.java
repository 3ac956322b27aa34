package dev.gorgon.server.metrics;

import dev.gorgon.engine.meter.Distribution;
import java.nio.charset.StandardCharsets;

/** One series of a histogram: the beginnings of its lines are made once, only numbers are written later. */
final class HistogramLines {
    private final Distribution distribution;
    private final byte[][] buckets;
    private final byte[] count;
    private final byte[] sum;

    /** @param labels from {@link Labels}, or empty */
    HistogramLines(Family family, String labels, Distribution distribution) {
        this.distribution = distribution;
        this.buckets = new byte[distribution.bounds() + 1][];
        for (int i = 0; i < buckets.length; i++) {
            String bound = i == distribution.bounds() ? "+Inf" : Double.toString(distribution.bound(i));
            buckets[i] = bytes(family.name() + "_bucket" + with(labels, "le=\"" + bound + "\"") + " ");
        }
        this.count = bytes(family.name() + "_count" + labels + " ");
        this.sum = bytes(family.name() + "_sum" + labels + " ");
    }

    private static String with(String labels, String last) {
        return labels.isEmpty() ? "{" + last + "}" : labels.substring(0, labels.length() - 1) + "," + last + "}";
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    void write(Page page) {
        long below = 0;
        for (int i = 0; i < buckets.length; i++) {
            below += distribution.count(i);
            page.line(buckets[i], below);
        }
        page.line(count, below);
        page.line(sum, distribution.sum());
    }

    boolean isEmpty() {
        return distribution.count() == 0;
    }
}
