package dev.gorgon.hub.huggingface;

import java.util.Map;

/** What a {@link FakeHub} does wrong. */
public sealed interface Fault {

    /** Answers with this status and nothing else. */
    record Status(int code, Map<String, String> headers) implements Fault {}

    /** Breaks the connection after so many bytes of the body. */
    record Cut(int bytes) implements Fault {}

    /** Sends so many bytes of the body and then nothing, with the connection open. */
    record Stall(int bytes) implements Fault {}

    /** Sends all bytes, the first one wrong. */
    record Damage() implements Fault {}

    /** Knows no ranges: sends everything from the start. */
    record NoRanges() implements Fault {}

    static Fault status(int code) {
        return new Status(code, Map.of());
    }

    static Fault retryAfter(int code, String value) {
        return new Status(code, Map.of("Retry-After", value));
    }
}
