package dev.gorgon.train.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** Lines of a stream as bytes. The end of a line is a line feed; what is before it is not changed. */
final class ByteLines {

    private final InputStream in;
    private final int maxBytes;
    private final byte[] buffer = new byte[1 << 16];
    private int position;
    private int limit;
    private long number;

    ByteLines(InputStream in, int maxBytes) {
        this.in = in;
        this.maxBytes = maxBytes;
    }

    /**
     * A line.
     *
     * @param number from 1
     * @param bytes without the line feed; only the beginning if it is too long
     * @param tooLong whether it has more bytes than allowed
     * @param terminated whether it ends with a line feed
     */
    record Line(long number, byte[] bytes, boolean tooLong, boolean terminated) {}

    /** The next line; empty at the end. */
    Optional<Line> next() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        boolean any = false;
        boolean tooLong = false;
        while (position < limit || fill()) {
            any = true;
            int end = position;
            while (end < limit && buffer[end] != '\n') {
                end++;
            }
            int fits = Math.min(end - position, maxBytes - line.size());
            tooLong |= fits < end - position;
            line.write(buffer, position, fits);
            position = end;
            if (end < limit) {
                position++;
                return Optional.of(new Line(++number, line.toByteArray(), tooLong, true));
            }
        }
        return any ? Optional.of(new Line(++number, line.toByteArray(), tooLong, false)) : Optional.empty();
    }

    private boolean fill() throws IOException {
        position = 0;
        limit = Math.max(0, in.read(buffer));
        return limit > 0;
    }
}
