package dev.gorgon.train.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.core.JacksonException;

/** JSONL: a value per line. A line that is not JSON says nothing about the next. */
final class JsonLineRows implements Rows {

    private final Path file;
    private final ByteLines lines;

    JsonLineRows(Path file, InputStream in) {
        this.file = file;
        this.lines = new ByteLines(in, MAX_BYTES);
    }

    @Override
    public Optional<Row> next() {
        try {
            for (Optional<ByteLines.Line> next = lines.next(); next.isPresent(); next = lines.next()) {
                ByteLines.Line line = next.get();
                if (line.tooLong()) {
                    return Optional.of(new Row.Broken(line.number(), "a line of more than " + MAX_BYTES + " bytes"));
                }
                if (!isBlank(line.bytes())) {
                    return Optional.of(row(line));
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            throw DataException.of("read", file, e);
        }
    }

    private static Row row(ByteLines.Line line) {
        try {
            return new Row.Value(line.number(), JsonValues.MAPPER.readTree(line.bytes()));
        } catch (JacksonException e) {
            return new Row.Broken(line.number(), JsonValues.problem(e));
        }
    }

    static boolean isBlank(byte[] bytes) {
        for (byte b : bytes) {
            if (b != ' ' && b != '\t' && b != '\r') {
                return false;
            }
        }
        return true;
    }
}
