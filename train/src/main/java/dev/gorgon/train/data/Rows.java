package dev.gorgon.train.data;

import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Rows of a file, one after the other; at most one is held in memory. */
interface Rows {

    /** Bytes that one row may have: a limit for memory, far above any conversation. */
    int MAX_BYTES = 64 << 20;

    /** A row, before it is known what it means. */
    sealed interface Row {
        /** Line in which it begins, from 1. */
        long line();

        /** JSON, or a text as a string node. */
        record Value(long line, JsonNode value) implements Row {}

        /** Not even that. */
        record Broken(long line, String problem) implements Row {}
    }

    /**
     * The next row.
     *
     * @return empty at the end of the file
     * @throws DataException if nothing after this place can be understood
     */
    Optional<Row> next();
}
