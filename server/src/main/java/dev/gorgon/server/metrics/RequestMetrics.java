package dev.gorgon.server.metrics;

import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.server.Limits;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.core.metrics.Summary;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.stream.IntStream;

/**
 * LoRAX's request families with its names, labels and buckets (contract, section 6.1). Durations are given in nanoseconds and
 * shown in seconds. Thread-safe.
 */
public final class RequestMetrics {
    private static final double[] QUANTILES = {0, 0.5, 0.9, 0.95, 0.99, 0.999, 1};
    private static final double NANOS_PER_SECOND = 1e9;

    private final LegacyCounter count =
            new LegacyCounter("lorax_request_count", "Requests that reached a generating route.", "");
    private final LegacyCounter success = new LegacyCounter("lorax_request_success", "Completed requests.", "");
    private final LegacyCounter failure =
            new LegacyCounter("lorax_request_failure", "Requests that failed, by reason.", "err");
    private final Histogram duration;
    private final Histogram validation;
    private final Histogram queue;
    private final Histogram inference;
    private final Histogram timePerToken;
    private final Histogram inputLength;
    private final Histogram maxNewTokens;
    private final Histogram generatedTokens;
    private final Summary skippedTokens;

    /** Registers all families. */
    public RequestMetrics(PrometheusRegistry registry, Limits limits) {
        registry.register(count);
        registry.register(success);
        registry.register(failure);
        duration = seconds(registry, "lorax_request_duration", "Time from request to answer.");
        validation = seconds(registry, "lorax_request_validation_duration", "Time for validation and tokenization.");
        queue = seconds(registry, "lorax_request_queue_duration", "Time waiting for the adapter and in the queue.");
        inference = seconds(registry, "lorax_request_inference_duration", "Time from first prefill to last token.");
        timePerToken = seconds(
                registry, "lorax_request_mean_time_per_token_duration", "Inference time over generated tokens.");
        inputLength = tokens(
                registry, "lorax_request_input_length", "Prompt tokens of valid requests.", limits.maxInputLength());
        maxNewTokens = tokens(
                registry,
                "lorax_request_max_new_tokens",
                "Tokens that valid requests may generate.",
                limits.maxTotalTokens());
        generatedTokens = tokens(
                registry,
                "lorax_request_generated_tokens",
                "Generated tokens of completed requests.",
                limits.maxTotalTokens());
        Summary.Builder skipped = Summary.builder()
                .name("lorax_request_skipped_tokens")
                .help("Tokens per step that came from accepted drafts.");
        for (double quantile : QUANTILES) {
            skipped.quantile(quantile, 0.001);
        }
        skippedTokens = skipped.register(registry);
    }

    /** A request reached a generating route. */
    public void received() {
        count.increment();
    }

    /** A request was found valid. */
    public void validated(int promptTokens, int tokensToGenerate) {
        inputLength.observe(promptTokens);
        maxNewTokens.observe(tokensToGenerate);
    }

    /** One step of one request emitted this many tokens beside its first. */
    public void step(int skipped) {
        skippedTokens.observe(skipped);
    }

    /** A request failed; the reason is one of the contract's words. */
    public void failed(String reason) {
        failure.increment(reason);
    }

    /** A request was answered. */
    public void succeeded(Durations nanos, Completion completion) {
        int tokens = completion.generatedTokens();
        success.increment();
        duration.observe(nanos.total() / NANOS_PER_SECOND);
        validation.observe(nanos.validation() / NANOS_PER_SECOND);
        queue.observe(nanos.queue() / NANOS_PER_SECOND);
        inference.observe(nanos.inference() / NANOS_PER_SECOND);
        timePerToken.observe(nanos.inference() / NANOS_PER_SECOND / Math.max(tokens, 1));
        generatedTokens.observe(tokens);
    }

    private static Histogram seconds(PrometheusRegistry registry, String name, String help) {
        double[] bounds = IntStream.rangeClosed(1, 35)
                .mapToDouble(i -> 0.0001 * Math.pow(1.5, i))
                .toArray();
        return histogram(registry, name, help, bounds);
    }

    private static Histogram tokens(PrometheusRegistry registry, String name, String help, int max) {
        double[] bounds = IntStream.rangeClosed(1, 100)
                .mapToDouble(i -> max * (double) i / 100)
                .toArray();
        return histogram(registry, name, help, bounds);
    }

    private static Histogram histogram(PrometheusRegistry registry, String name, String help, double[] bounds) {
        return Histogram.builder()
                .name(name)
                .help(help)
                .classicOnly()
                .classicUpperBounds(bounds)
                .register(registry);
    }
}
