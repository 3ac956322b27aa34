package dev.gorgon.server.metrics;

import dev.gorgon.engine.schedule.EngineStats;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.function.Supplier;

/** The engine's own counters, read when somebody looks: {@code gorgon_*}, and LoRAX's two gauges with the same meaning. */
public final class EngineMetrics implements MultiCollector {
    private static final double NANOS_PER_SECOND = 1e9;

    private final Supplier<EngineStats> source;

    public EngineMetrics(Supplier<EngineStats> source) {
        this.source = source;
    }

    @Override
    public MetricSnapshots collect() {
        EngineStats stats = source.get();
        return MetricSnapshots.of(
                gauge("lorax_queue_length", "Requests waiting over all adapters.", stats.waiting()),
                gauge("lorax_batch_current_size", "Requests running.", stats.running()),
                gauge("gorgon_requests_waiting", "Requests submitted but not yet running.", stats.waiting()),
                gauge("gorgon_requests_running", "Sequences that hold key/value blocks.", stats.running()),
                gauge("gorgon_kv_blocks_used", "Key/value blocks in use.", stats.usedBlocks()),
                gauge("gorgon_kv_blocks", "Key/value blocks in all.", stats.totalBlocks()),
                counter("gorgon_steps", "Engine steps.", stats.steps()),
                counter("gorgon_emitted_tokens", "Tokens emitted.", stats.emittedTokens()),
                counter("gorgon_drafted_tokens", "Drafted tokens verified.", stats.draftedTokens()),
                counter("gorgon_accepted_tokens", "Drafted tokens accepted.", stats.acceptedTokens()),
                counter("gorgon_preemptions", "Sequences that gave their blocks back.", stats.preemptions()),
                counter(
                        "gorgon_forward_seconds",
                        "Time spent in forward passes.",
                        stats.forwardNanos() / NANOS_PER_SECOND),
                counter(
                        "gorgon_overhead_seconds",
                        "Engine time spent outside forward passes.",
                        stats.overheadNanos() / NANOS_PER_SECOND));
    }

    private static MetricSnapshot gauge(String name, String help, double value) {
        return GaugeSnapshot.builder()
                .name(name)
                .help(help)
                .dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder()
                        .value(value)
                        .build())
                .build();
    }

    /** Shown with the suffix {@code _total}. */
    private static MetricSnapshot counter(String name, String help, double value) {
        return CounterSnapshot.builder()
                .name(name)
                .help(help)
                .dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder()
                        .value(value)
                        .build())
                .build();
    }
}
