package dev.gorgon.server.metrics;

import dev.gorgon.engine.meter.Distribution;
import dev.gorgon.engine.schedule.FinishReason;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * What clients wait for, per generation, in nanoseconds. Thread-safe; recording never waits. The bounds are vLLM's, with finer ones
 * below.
 */
public final class Latencies implements Collector {
    private static final double[] FIRST_TOKEN = {
        0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560
    };
    private static final double[] BETWEEN_TOKENS = {
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
        20, 40, 80
    };
    private static final double[] WHOLE = {
        0.01, 0.05, 0.1, 0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680
    };
    private static final Family FINISHED =
            Family.counter("gorgon_finished_total", "Generations that ended normally, by reason.", "reason");

    private static final Family CACHED = Family.counter(
            "gorgon_cached_prompt_tokens_total", "Prompt tokens of started requests that need not be computed.");

    private final Distribution queue = Distribution.ofNanos(FIRST_TOKEN);
    private final Distribution adapter = Distribution.ofNanos(FIRST_TOKEN);
    private final Distribution firstToken = Distribution.ofNanos(FIRST_TOKEN);
    private final Distribution betweenTokens = Distribution.ofNanos(BETWEEN_TOKENS);
    private final Distribution whole = Distribution.ofNanos(WHOLE);
    private final LongAdder cachedPromptTokens = new LongAdder();
    private final Map<FinishReason, LongAdder> finished = new EnumMap<>(FinishReason.class);
    private final LongAdder abandoned = new LongAdder();
    private final List<Histogram> histograms = List.of(
            histogram("gorgon_queue_seconds", "Time from submission to the first row.", queue),
            histogram(
                    "gorgon_adapter_wait_seconds",
                    "Part of the queueing time in which the adapter was brought into memory, if it was.",
                    adapter),
            histogram("gorgon_time_to_first_token_seconds", "Time from the request to its first token.", firstToken),
            histogram(
                    "gorgon_inter_token_seconds",
                    "Time between steps that emit tokens of a generation, however many they emit.",
                    betweenTokens),
            histogram("gorgon_request_seconds", "Time from the request to the last token of a generation.", whole));

    /** Nothing recorded yet. */
    public Latencies() {
        for (FinishReason reason : FinishReason.values()) {
            finished.put(reason, new LongAdder());
        }
    }

    private static Histogram histogram(String name, String help, Distribution distribution) {
        return Histogram.of(Family.histogram(name, help), "", distribution);
    }

    /** A generation began to run. */
    public void started(long queueNanos, long adapterNanos, int cachedTokens) {
        queue.record(queueNanos);
        if (adapterNanos > 0) {
            adapter.record(adapterNanos);
        }
        cachedPromptTokens.add(cachedTokens);
    }

    /** Its first token came, so long after the request. */
    public void firstToken(long nanos) {
        firstToken.record(nanos);
    }

    /** A later step emitted tokens, so long after the one before. */
    public void nextStep(long nanos) {
        betweenTokens.record(nanos);
    }

    /** It ended normally, so long after the request. */
    public void finished(FinishReason reason, long nanos) {
        whole.record(nanos);
        count(reason).increment();
    }

    /** A request's client went away. */
    public void abandoned() {
        abandoned.increment();
    }

    private LongAdder count(FinishReason reason) {
        LongAdder count = finished.get(reason);
        if (count == null) {
            throw new IllegalStateException("no counter for " + reason);
        }
        return count;
    }

    long finished(FinishReason reason) {
        return count(reason).sum();
    }

    long abandonedRequests() {
        return abandoned.sum();
    }

    Distribution queue() {
        return queue;
    }

    Distribution firstToken() {
        return firstToken;
    }

    Distribution betweenTokens() {
        return betweenTokens;
    }

    Distribution whole() {
        return whole;
    }

    @Override
    public List<Family> families() {
        List<Family> all = new ArrayList<>(List.of(CACHED, FINISHED));
        histograms.forEach(histogram -> all.addAll(histogram.families()));
        return all;
    }

    @Override
    public void collect(Page page) {
        page.only(CACHED, cachedPromptTokens.sum());
        page.begin(FINISHED);
        finished.forEach((reason, count) ->
                page.sample(Labels.of("reason", reason.name().toLowerCase(Locale.ROOT)), count.sum()));
        histograms.forEach(histogram -> histogram.collect(page));
    }
}
