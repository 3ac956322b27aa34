package dev.gorgon.server.metrics;

import dev.gorgon.engine.schedule.EngineStats;
import io.prometheus.metrics.model.registry.MultiCollector;
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
                Snapshots.gauge("lorax_queue_length", "Requests waiting over all adapters.", stats.waiting()),
                Snapshots.gauge("lorax_batch_current_size", "Requests running.", stats.running()),
                Snapshots.gauge("gorgon_requests_waiting", "Requests submitted but not yet running.", stats.waiting()),
                Snapshots.gauge("gorgon_requests_running", "Sequences that hold key/value blocks.", stats.running()),
                Snapshots.gauge("gorgon_kv_blocks_used", "Key/value blocks in use.", stats.usedBlocks()),
                Snapshots.gauge("gorgon_kv_blocks", "Key/value blocks in all.", stats.totalBlocks()),
                Snapshots.counter("gorgon_steps", "Engine steps.", stats.steps()),
                Snapshots.counter("gorgon_emitted_tokens", "Tokens emitted.", stats.emittedTokens()),
                Snapshots.counter("gorgon_drafted_tokens", "Drafted tokens verified.", stats.draftedTokens()),
                Snapshots.counter("gorgon_accepted_tokens", "Drafted tokens accepted.", stats.acceptedTokens()),
                Snapshots.counter(
                        "gorgon_prefix_lookups",
                        "Prompts looked up in the prefix index.",
                        stats.prefix().lookups()),
                Snapshots.counter(
                        "gorgon_prefix_hit_tokens",
                        "Prompt tokens whose keys and values were there already.",
                        stats.prefix().hitTokens()),
                Snapshots.counter(
                        "gorgon_prefix_evictions",
                        "Blocks taken from the prefix index for new work.",
                        stats.prefix().evictions()),
                Snapshots.gauge(
                        "gorgon_prefix_blocks",
                        "Key/value blocks that the prefix index holds.",
                        stats.prefix().blocks()),
                Snapshots.counter("gorgon_preemptions", "Sequences that gave their blocks back.", stats.preemptions()),
                Snapshots.counter(
                        "gorgon_forward_seconds",
                        "Time spent in forward passes.",
                        stats.forwardNanos() / NANOS_PER_SECOND),
                Snapshots.counter(
                        "gorgon_overhead_seconds",
                        "Engine time spent outside forward passes.",
                        stats.overheadNanos() / NANOS_PER_SECOND));
    }
}
