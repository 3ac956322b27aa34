package dev.gorgon.server.metrics;

import dev.gorgon.engine.meter.Distribution;
import dev.gorgon.engine.schedule.EngineMeters;
import dev.gorgon.engine.schedule.EngineStats;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** The engine's own numbers, {@code gorgon_*}, read when somebody looks. */
final class EngineMetrics implements Collector {
    private static final double NANOS_PER_SECOND = 1e9;

    private final Supplier<EngineStats> source;
    private final Map<Family, ToDoubleFunction<EngineStats>> numbers = new LinkedHashMap<>();
    private final List<Histogram> histograms = new ArrayList<>();

    EngineMetrics(EngineMeters meters, Supplier<EngineStats> source) {
        this.source = source;
        gauge("gorgon_requests_waiting", "Requests submitted but not yet running.", EngineStats::waiting);
        gauge("gorgon_requests_running", "Sequences that hold key/value blocks.", EngineStats::running);
        gauge("gorgon_kv_blocks_used", "Key/value blocks in use.", EngineStats::usedBlocks);
        gauge("gorgon_kv_blocks", "Key/value blocks in all.", EngineStats::totalBlocks);
        counter("gorgon_steps_total", "Engine steps.", EngineStats::steps);
        counter("gorgon_emitted_tokens_total", "Tokens emitted.", EngineStats::emittedTokens);
        counter("gorgon_drafted_tokens_total", "Drafted tokens verified.", EngineStats::draftedTokens);
        counter("gorgon_accepted_tokens_total", "Drafted tokens accepted.", EngineStats::acceptedTokens);
        counter(
                "gorgon_prompt_tokens_total",
                "Prompt tokens of requests that began to run.",
                stats -> meters.promptTokens().sum());
        counter(
                "gorgon_prefix_lookups_total",
                "Prompts looked up in the prefix index.",
                stats -> stats.prefix().lookups());
        counter(
                "gorgon_prefix_hit_tokens_total",
                "Prompt tokens whose keys and values were there already.",
                stats -> stats.prefix().hitTokens());
        counter(
                "gorgon_prefix_evictions_total",
                "Blocks taken from the prefix index for new work.",
                stats -> stats.prefix().evictions());
        gauge(
                "gorgon_prefix_blocks",
                "Key/value blocks that the prefix index holds.",
                stats -> stats.prefix().blocks());
        counter("gorgon_preemptions_total", "Sequences that gave their blocks back.", EngineStats::preemptions);
        counter(
                "gorgon_cancelled_total",
                "Generations dropped because nobody wanted them any more.",
                stats -> meters.cancelled().sum());
        counter(
                "gorgon_forward_seconds_total",
                "Time spent in forward passes.",
                stats -> stats.forwardNanos() / NANOS_PER_SECOND);
        counter(
                "gorgon_overhead_seconds_total",
                "Engine time spent outside forward passes.",
                stats -> stats.overheadNanos() / NANOS_PER_SECOND);
        histogram("gorgon_step_forward_seconds", "Time per step in forward passes.", meters.forward());
        histogram("gorgon_step_overhead_seconds", "Time per step outside forward passes.", meters.overhead());
        histogram("gorgon_step_rows", "Rows computed per step.", meters.rows());
        histogram(
                "gorgon_step_accepted_tokens",
                "Drafted tokens accepted, per sequence and step that verified any.",
                meters.accepted());
    }

    private void gauge(String name, String help, ToDoubleFunction<EngineStats> value) {
        numbers.put(Family.gauge(name, help), value);
    }

    private void counter(String name, String help, ToDoubleFunction<EngineStats> value) {
        numbers.put(Family.counter(name, help), value);
    }

    private void histogram(String name, String help, Distribution distribution) {
        histograms.add(Histogram.of(Family.histogram(name, help), "", distribution));
    }

    @Override
    public List<Family> families() {
        List<Family> all = new ArrayList<>(numbers.keySet());
        histograms.forEach(histogram -> all.addAll(histogram.families()));
        return all;
    }

    @Override
    public void collect(Page page) {
        EngineStats stats = source.get();
        numbers.forEach((family, value) -> page.only(family, value.applyAsDouble(stats)));
        histograms.forEach(histogram -> histogram.collect(page));
    }
}
