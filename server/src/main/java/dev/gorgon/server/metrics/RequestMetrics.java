package dev.gorgon.server.metrics;

import dev.gorgon.engine.meter.Distribution;
import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.server.Limits;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * LoRAX's request families with its names, labels and buckets (contract, section 6.1). Durations are given in nanoseconds and
 * shown in seconds. Thread-safe.
 */
public final class RequestMetrics implements Collector {
    private static final double[] SECONDS = Distribution.growing(0.0001 * 1.5, 1.5, 35);
    /** Drafts are shorter than this. */
    private static final int LARGEST_SKIP = 255;

    private final List<Collector> all = new ArrayList<>();
    private final Counter count =
            add(new Counter(Family.counter("lorax_request_count", "Requests that reached a generating route.")));
    private final Counter success = add(new Counter(Family.counter("lorax_request_success", "Completed requests.")));
    private final Counter failure =
            add(new Counter(Family.counter("lorax_request_failure", "Requests that failed, by reason.", "err")));
    private final Distribution duration = seconds("lorax_request_duration", "Time from request to answer.");
    private final Distribution validation =
            seconds("lorax_request_validation_duration", "Time for validation and tokenization.");
    private final Distribution queue =
            seconds("lorax_request_queue_duration", "Time waiting for the adapter and in the queue.");
    private final Distribution inference =
            seconds("lorax_request_inference_duration", "Time from first prefill to last token.");
    private final Distribution timePerToken =
            seconds("lorax_request_mean_time_per_token_duration", "Inference time over generated tokens.");
    private final Distribution inputLength;
    private final Distribution maxNewTokens;
    private final Distribution generatedTokens;
    private final Summary skippedTokens = add(new Summary(
            Family.summary("lorax_request_skipped_tokens", "Tokens per step that came from accepted drafts."),
            LARGEST_SKIP));

    /** @param limits whose largest numbers of tokens the buckets divide */
    public RequestMetrics(Limits limits) {
        inputLength = tokens("lorax_request_input_length", "Prompt tokens of valid requests.", limits.maxInputLength());
        maxNewTokens = tokens(
                "lorax_request_max_new_tokens", "Tokens that valid requests may generate.", limits.maxTotalTokens());
        generatedTokens = tokens(
                "lorax_request_generated_tokens", "Generated tokens of completed requests.", limits.maxTotalTokens());
    }

    private <C extends Collector> C add(C collector) {
        all.add(collector);
        return collector;
    }

    private Distribution seconds(String name, String help) {
        return histogram(Family.histogram(name, help), Distribution.ofNanos(SECONDS));
    }

    private Distribution tokens(String name, String help, int max) {
        double[] bounds = IntStream.rangeClosed(1, 100)
                .mapToDouble(i -> max * (double) i / 100)
                .toArray();
        return histogram(Family.histogram(name, help), Distribution.ofCounts(bounds));
    }

    private Distribution histogram(Family family, Distribution distribution) {
        add(Histogram.onceUsed(family, new HistogramLines(family, "", distribution)));
        return distribution;
    }

    /** A request reached a generating route. */
    public void received() {
        count.increment();
    }

    /** A request was found valid. */
    public void validated(int promptTokens, int tokensToGenerate) {
        inputLength.record(promptTokens);
        maxNewTokens.record(tokensToGenerate);
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
        duration.record(nanos.total());
        validation.record(nanos.validation());
        queue.record(nanos.queue());
        inference.record(nanos.inference());
        timePerToken.record(nanos.inference() / Math.max(tokens, 1));
        generatedTokens.record(tokens);
    }

    @Override
    public List<Family> families() {
        return all.stream().flatMap(one -> one.families().stream()).toList();
    }

    @Override
    public void collect(Page page) {
        all.forEach(one -> one.collect(page));
    }
}
