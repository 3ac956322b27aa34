package dev.gorgon.server.metrics;

import dev.gorgon.engine.meter.Distribution;
import dev.gorgon.engine.schedule.EngineMeters;
import dev.gorgon.engine.schedule.EngineStats;
import dev.gorgon.engine.schedule.FinishReason;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Those of vLLM's families that dashboards are made of, besides what {@link RouterMetrics} has; the numbers are Gorgon's own. */
final class VllmMetrics implements Collector {
    private static final Family PROMPT_TOKENS =
            Family.counter("vllm:prompt_tokens_total", "Prompt tokens of requests that began to run.", "model_name");
    private static final Family GENERATION_TOKENS =
            Family.counter("vllm:generation_tokens_total", "Tokens emitted.", "model_name");
    private static final Family PREEMPTIONS =
            Family.counter("vllm:num_preemptions_total", "Sequences that gave their blocks back.", "model_name");
    private static final Family SUCCESS = Family.counter(
            "vllm:request_success_total",
            "Generations that ended normally, or because nobody wanted them any more.",
            "finished_reason",
            "model_name");

    private final EngineMeters meters;
    private final Supplier<EngineStats> stats;
    private final Latencies latencies;
    private final String model;
    private final String stop;
    private final String length;
    private final String abort;
    private final List<Histogram> histograms;

    VllmMetrics(EngineMeters meters, Supplier<EngineStats> stats, Latencies latencies, String model) {
        this.meters = meters;
        this.stats = stats;
        this.latencies = latencies;
        this.model = Labels.of("model_name", model);
        this.stop = Labels.of("finished_reason", "stop", "model_name", model);
        this.length = Labels.of("finished_reason", "length", "model_name", model);
        this.abort = Labels.of("finished_reason", "abort", "model_name", model);
        this.histograms = List.of(
                histogram("time_to_first_token_seconds", "From request to first token.", latencies.firstToken()),
                histogram("inter_token_latency_seconds", "Between steps that emit.", latencies.betweenTokens()),
                histogram("e2e_request_latency_seconds", "From request to last token.", latencies.whole()),
                histogram("request_queue_time_seconds", "From submission to first row.", latencies.queue()));
    }

    private Histogram histogram(String name, String help, Distribution distribution) {
        return Histogram.of(Family.histogram("vllm:" + name, help, "model_name"), model, distribution);
    }

    @Override
    public List<Family> families() {
        List<Family> all = new ArrayList<>(List.of(PROMPT_TOKENS, GENERATION_TOKENS, PREEMPTIONS, SUCCESS));
        histograms.forEach(histogram -> all.addAll(histogram.families()));
        return all;
    }

    @Override
    public void collect(Page page) {
        EngineStats now = stats.get();
        page.begin(PROMPT_TOKENS);
        page.sample(model, meters.promptTokens().sum());
        page.begin(GENERATION_TOKENS);
        page.sample(model, now.emittedTokens());
        page.begin(PREEMPTIONS);
        page.sample(model, now.preemptions());
        page.begin(SUCCESS);
        page.sample(stop, latencies.finished(FinishReason.EOS_TOKEN) + latencies.finished(FinishReason.STOP_SEQUENCE));
        page.sample(length, latencies.finished(FinishReason.LENGTH));
        page.sample(abort, meters.cancelled().sum());
        histograms.forEach(histogram -> histogram.collect(page));
    }
}
