package dev.gorgon.train.data;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * The elements of one JSON array, or JSON values one after the other however they are laid out. A mistake in the JSON itself ends
 * the reading, because nothing tells where the next element begins.
 */
final class JsonStreamRows implements Rows {

    private final Budget budget;
    private final JsonParser parser;
    private final boolean array;
    private boolean ended;

    /** @param array whether rows are the elements of one array */
    JsonStreamRows(InputStream in, boolean array) {
        this.budget = new Budget(in);
        this.parser = JsonValues.STREAM.createParser(budget);
        this.array = array;
        if (array) {
            parser.nextToken();
        }
    }

    @Override
    public Optional<Row> next() {
        if (ended) {
            return Optional.empty();
        }
        budget.renew();
        try {
            JsonToken token = parser.nextToken();
            if (token == null || token == JsonToken.END_ARRAY && array) {
                ended = true;
                return array && parser.nextToken() != null
                        ? Optional.of(new Row.Broken(line(), "something follows the end of the JSON array"))
                        : Optional.empty();
            }
            long line = line();
            return Optional.of(new Row.Value(line, JsonValues.STREAM.readTree(parser)));
        } catch (JacksonException e) {
            ended = true;
            return Optional.of(new Row.Broken(
                    Math.max(1, e.getLocation().getLineNr()),
                    JsonValues.problem(e) + "; nothing behind this place can be read"));
        }
    }

    private long line() {
        return parser.currentTokenLocation().getLineNr();
    }

    /** Ends the reading of a value that is too large. */
    private static final class Budget extends FilterInputStream {
        private long left = MAX_BYTES;

        Budget(InputStream in) {
            super(in);
        }

        void renew() {
            left = MAX_BYTES;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (left <= 0) {
                throw new IOException("a conversation of more than " + MAX_BYTES + " bytes");
            }
            int count = super.read(bytes, offset, length);
            left -= Math.max(0, count);
            return count;
        }
    }
}
