package dev.gorgon.server.lorax;

import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.server.ModelInfo;
import dev.gorgon.server.generate.AdapterChoice;
import dev.gorgon.server.metrics.Durations;
import io.vertx.core.MultiMap;
import java.util.concurrent.TimeUnit;

/** LoRAX's response headers (contract, section 1.10): integers, times in whole milliseconds. */
public final class ResponseHeaders {
    private ResponseHeaders() {}

    /**
     * Headers that are known before anything was generated; all that a stream gets.
     *
     * @param characters of the prompt
     */
    public static MultiMap identity(ModelInfo model, long characters, AdapterChoice adapter) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        headers.set("x-compute-type", "gpu+optimized");
        set(headers, "x-compute-characters", characters);
        visible(headers, "x-model-id", model.id());
        adapter.shownId().ifPresent(id -> visible(headers, "x-adapter-id", id));
        adapter.shownSource().ifPresent(source -> visible(headers, "x-adapter-source", source));
        return headers;
    }

    /** Adds what is known when the answer is complete. */
    public static void measurements(MultiMap headers, Durations nanos, Completion completion) {
        int generated = completion.generatedTokens();
        long afterFirst = nanos.inference() - nanos.firstToken();
        setMillis(headers, "x-compute-time", nanos.total());
        setMillis(headers, "x-total-time", nanos.total());
        set(headers, "x-prompt-tokens", completion.promptTokens());
        set(headers, "x-generated-tokens", generated);
        set(headers, "x-skipped-tokens", completion.skippedTokens());
        set(headers, "x-total-tokens", (long) completion.promptTokens() + generated);
        setMillis(headers, "x-validation-time", nanos.validation());
        setMillis(headers, "x-queue-time", nanos.queue());
        setMillis(headers, "x-inference-time", nanos.inference());
        setMillis(headers, "x-time-per-token", nanos.inference() / Math.max(generated, 1));
        setMillis(headers, "x-time-to-first-token", nanos.firstToken());
        setMillis(headers, "x-time-per-output-token", afterFirst / Math.max(generated - 1, 1));
    }

    private static void setMillis(MultiMap headers, String name, long nanos) {
        set(headers, name, TimeUnit.NANOSECONDS.toMillis(Math.max(nanos, 0)));
    }

    private static void set(MultiMap headers, String name, long value) {
        headers.set(name, Long.toString(value));
    }

    /** Streams send their head before validation: a value that no header can carry is left out. */
    private static void visible(MultiMap headers, String name, String value) {
        if (value.chars().allMatch(c -> c >= ' ' && c <= '~') && value.length() <= 1024) {
            headers.set(name, value);
        }
    }
}
