package dev.gorgon.server.json;

import java.util.List;
import java.util.Map;
import java.util.Set;

/** A JSON value that remembers where it stood, so that a typing error can name the line and column. */
public sealed interface Json {

    /** Character offset that an error about this value reports: the end of a scalar, just past the bracket of a container. */
    int at();

    /** The word for this value in messages, such as {@code boolean `true`} or {@code map}. */
    String describe();

    /** A {@code null}. */
    record Null(int at) implements Json {
        @Override
        public String describe() {
            return "null";
        }
    }

    /** {@code true} or {@code false}. */
    record Bool(boolean value, int at) implements Json {
        @Override
        public String describe() {
            return "boolean `" + value + "`";
        }
    }

    /** A number, kept as it was written: which type it has depends on who asks. */
    record Num(String text, int at) implements Json {

        /** Whether it was written without fraction and exponent. */
        public boolean isInteger() {
            return !text.equals("-0") && text.chars().allMatch(c -> c == '-' || (c >= '0' && c <= '9'));
        }

        @Override
        public String describe() {
            return (isInteger() ? "integer `" : "floating point `") + Messages.shorten(text) + "`";
        }
    }

    /** A string of complete characters: no unpaired surrogates. */
    record Str(String value, int at) implements Json {
        @Override
        public String describe() {
            return "string \"" + Messages.shorten(value) + "\"";
        }
    }

    /** An array. */
    record Arr(List<Json> items, int at) implements Json {
        @Override
        public String describe() {
            return "sequence";
        }
    }

    /**
     * An object.
     *
     * @param members the last value of each name, in order of first appearance
     * @param repeated names that appeared more than once
     * @param end offset just past the closing brace, where a missing field is reported
     */
    record Obj(Map<String, Json> members, Set<String> repeated, int at, int end) implements Json {
        @Override
        public String describe() {
            return "map";
        }
    }
}
