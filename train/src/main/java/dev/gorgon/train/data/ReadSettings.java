package dev.gorgon.train.data;

import java.util.function.Consumer;

/**
 * How conversations are read.
 *
 * @param form what the file holds
 * @param onBad what to do with a row that is no conversation
 * @param badRows is told of each such row that is left out
 */
public record ReadSettings(Form form, OnBad onBad, Consumer<BadRow> badRows) {

    /** What a file holds. */
    public enum Form {
        /** JSON or JSONL if it begins like that, else plain text with one prompt per line. */
        AUTO,
        /** Plain text, one prompt per line. */
        LINES,
        /** Plain text, prompts separated by blank lines. */
        PARAGRAPHS
    }

    /** What to do with a row that is no conversation. */
    public enum OnBad {
        /** Leave it out and go on. */
        SKIP,
        /** Refuse the file. */
        FAIL
    }

    /** Recognises the file by its content and refuses it if a row is bad. */
    public static final ReadSettings STRICT = new ReadSettings(Form.AUTO, OnBad.FAIL, row -> {});
}
