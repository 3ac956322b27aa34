package dev.gorgon.server.metrics;

import dev.gorgon.engine.schedule.EngineMeters;
import dev.gorgon.engine.schedule.EngineMeters.PhaseMeters;
import dev.gorgon.engine.schedule.EngineStats;
import java.util.List;
import java.util.function.Supplier;

/**
 * LoRAX's batch families with its names, labels and buckets (contract, section 6.1). LoRAX runs prefills and decodes as calls of
 * their own; here they share steps, so a step with both kinds of rows counts for both, with all its time. Requests start whenever
 * there is room, their prompts in chunks beside what runs: {@code chunking} is the only reason there is.
 */
final class BatchMetrics implements Collector {
    private static final Family COUNT = Family.counter(
            "lorax_batch_inference_count",
            "Engine steps with rows of this kind; mixed steps count for both.",
            "method");
    private static final Family SUCCESS =
            Family.counter("lorax_batch_inference_success", "Steps of this kind that succeeded.", "method");
    private static final Family FAILURE =
            Family.counter("lorax_batch_inference_failure", "Steps of this kind that failed.", "method");
    private static final Family DURATION =
            Family.histogram("lorax_batch_inference_duration", "Time of steps that succeeded, in seconds.", "method");
    private static final Family CONCAT =
            Family.counter("lorax_batch_concat", "Steps with prompts beside running sequences.", "reason");
    private static final Family NEXT_SIZE =
            Family.histogram("lorax_batch_next_size", "Requests that began to run, per step in which any did.");
    private static final Family CURRENT_SIZE = Family.gauge("lorax_batch_current_size", "Requests running.");
    private static final Family CURRENT_MAX_TOKENS = Family.gauge(
            "lorax_batch_current_max_tokens", "Prompt tokens and the most new tokens of all running requests.");
    private static final Family QUEUE_LENGTH =
            Family.gauge("lorax_queue_length", "Requests waiting over all adapters.");

    private static final String PREFILL = Labels.of("method", "prefill");
    private static final String DECODE = Labels.of("method", "decode");
    private static final String CHUNKING = Labels.of("reason", "chunking");

    private final EngineMeters meters;
    private final Supplier<EngineStats> stats;
    private final Histogram durations;
    private final Histogram nextSize;

    BatchMetrics(EngineMeters meters, Supplier<EngineStats> stats) {
        this.meters = meters;
        this.stats = stats;
        this.durations = Histogram.onceUsed(
                DURATION,
                new HistogramLines(DURATION, PREFILL, meters.prefill().succeeded()),
                new HistogramLines(DURATION, DECODE, meters.decode().succeeded()));
        this.nextSize = Histogram.onceUsed(NEXT_SIZE, new HistogramLines(NEXT_SIZE, "", meters.started()));
    }

    @Override
    public List<Family> families() {
        return List.of(
                COUNT, SUCCESS, FAILURE, DURATION, CONCAT, NEXT_SIZE, CURRENT_SIZE, CURRENT_MAX_TOKENS, QUEUE_LENGTH);
    }

    @Override
    public void collect(Page page) {
        EngineStats now = stats.get();
        counts(page, COUNT, true, true);
        counts(page, SUCCESS, true, false);
        counts(page, FAILURE, false, true);
        durations.collect(page);
        page.begin(CONCAT);
        positive(page, CHUNKING, meters.joined().sum());
        nextSize.collect(page);
        page.only(CURRENT_SIZE, now.running());
        page.only(CURRENT_MAX_TOKENS, meters.reservedTokens().now());
        page.only(QUEUE_LENGTH, now.waiting());
    }

    private void counts(Page page, Family family, boolean succeeded, boolean failed) {
        page.begin(family);
        positive(page, PREFILL, count(meters.prefill(), succeeded, failed));
        positive(page, DECODE, count(meters.decode(), succeeded, failed));
    }

    private static long count(PhaseMeters phase, boolean succeeded, boolean failed) {
        return (succeeded ? phase.succeeded().count() : 0)
                + (failed ? phase.failed().sum() : 0);
    }

    private static void positive(Page page, String labels, long count) {
        if (count > 0) {
            page.sample(labels, count);
        }
    }
}
