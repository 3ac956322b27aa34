package dev.gorgon.server.metrics;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * A counter whose name does not end in {@code _total}. The library insists on that suffix for counters, and LoRAX's dashboards
 * insist on its absence: shown as an untyped family, which {@code rate()} accepts. Like LoRAX's families it appears with its
 * first sample. Thread-safe.
 */
final class LegacyCounter implements MultiCollector {
    private final String name;
    private final String help;
    private final String label;
    private final Map<String, LongAdder> counts = new ConcurrentSkipListMap<>();

    /** @param label name of the only label, or empty for none */
    LegacyCounter(String name, String help, String label) {
        this.name = name;
        this.help = help;
        this.label = label;
    }

    void increment() {
        increment("");
    }

    void increment(String labelValue) {
        counts.computeIfAbsent(labelValue, value -> new LongAdder()).increment();
    }

    @Override
    public MetricSnapshots collect() {
        if (counts.isEmpty()) {
            return MetricSnapshots.of();
        }
        UnknownSnapshot.Builder family = UnknownSnapshot.builder().name(name).help(help);
        counts.forEach((value, count) -> family.dataPoint(UnknownSnapshot.UnknownDataPointSnapshot.builder()
                .labels(label.isEmpty() ? Labels.EMPTY : Labels.of(label, value))
                .value(count.sum())
                .build()));
        return MetricSnapshots.of(family.build());
    }
}
