package dev.gorgon.server.metrics;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Metrics in the Prometheus text format, as they are written. A family shows its name with its first sample, so families without
 * samples leave no trace. Whole numbers are written without making objects: the page is asked for many times a second.
 */
public final class Page {
    private static final double EXACT = 1L << 53;

    private byte[] bytes;
    private int length;
    private Family family = Family.gauge("none", "");
    private boolean begun;

    /** @param expectedBytes room to begin with */
    Page(int expectedBytes) {
        bytes = new byte[Math.max(expectedBytes, 64)];
    }

    /** What follows belongs to this family. */
    public void begin(Family next) {
        family = next;
        begun = false;
    }

    private void head() {
        if (!begun) {
            begun = true;
            if (length > 0) {
                put('\n');
            }
            raw(family.head());
        }
    }

    /** The only sample of a family. */
    public void only(Family next, double value) {
        begin(next);
        sample("", value);
    }

    /** A sample of the family that was begun, with labels from {@link Labels}. */
    public void sample(String labels, double value) {
        sample("", labels, value);
    }

    /** A sample whose name has a suffix. */
    void sample(String suffix, String labels, double value) {
        head();
        text(family.name());
        text(suffix);
        text(labels);
        put(' ');
        real(value);
        put('\n');
    }

    /** A whole number of things, under the family's name with a suffix. */
    void count(String suffix, long value) {
        head();
        text(family.name());
        text(suffix);
        put(' ');
        whole(value);
        put('\n');
    }

    /** A whole number behind a prefix that ends in a space; see {@link HistogramLines}. */
    void line(byte[] prefix, long value) {
        head();
        raw(prefix);
        whole(value);
        put('\n');
    }

    /** A number behind a prefix that ends in a space. */
    void line(byte[] prefix, double value) {
        head();
        raw(prefix);
        real(value);
        put('\n');
    }

    int length() {
        return length;
    }

    byte[] toBytes() {
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }

    private void put(char ascii) {
        room(1);
        bytes[length++] = (byte) ascii;
    }

    private void raw(byte[] text) {
        room(text.length);
        System.arraycopy(text, 0, bytes, length, text.length);
        length += text.length;
    }

    private void text(String text) {
        room(3 * text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x80) {
                raw(text.substring(i).getBytes(StandardCharsets.UTF_8));
                return;
            }
            bytes[length++] = (byte) c;
        }
    }

    private void real(double value) {
        if (value == Math.rint(value) && Math.abs(value) < EXACT) {
            whole((long) value);
            text(".0");
        } else if (Double.isInfinite(value)) {
            text(value > 0 ? "+Inf" : "-Inf");
        } else {
            text(Double.toString(value));
        }
    }

    private void whole(long value) {
        if (value < 0) {
            text(Long.toString(value));
            return;
        }
        int digits = 1;
        for (long rest = value; rest >= 10; rest /= 10) {
            digits++;
        }
        room(digits);
        int end = length + digits;
        long rest = value;
        for (int i = end - 1; i >= length; i--) {
            bytes[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        length = end;
    }

    private void room(int more) {
        if (length + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
        }
    }
}
