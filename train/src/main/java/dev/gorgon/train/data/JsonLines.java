package dev.gorgon.train.data;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** Lines of a JSONL file with their places. */
public final class JsonLines {

    private final ByteLines lines;
    private long position;

    /** @param in stays the caller's to close */
    public JsonLines(InputStream in) {
        this.lines = new ByteLines(in, Rows.MAX_BYTES);
    }

    /**
     * A line.
     *
     * @param number from 1
     * @param start where it begins, in bytes
     * @param bytes without the line feed
     * @param whole whether it ends with a line feed and is of a size that is read
     */
    public record Line(long number, long start, byte[] bytes, boolean whole) {}

    /** The next line; empty at the end. */
    public Optional<Line> next() throws IOException {
        Optional<ByteLines.Line> next = lines.next();
        if (next.isEmpty()) {
            return Optional.empty();
        }
        ByteLines.Line line = next.get();
        Line placed = new Line(line.number(), position, line.bytes(), line.terminated() && !line.tooLong());
        position += line.bytes().length + 1;
        return Optional.of(placed);
    }
}
