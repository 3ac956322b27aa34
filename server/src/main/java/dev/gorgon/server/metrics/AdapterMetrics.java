package dev.gorgon.server.metrics;

import dev.gorgon.engine.adapter.AdapterState;
import dev.gorgon.engine.adapter.AdapterStatus;
import dev.gorgon.engine.adapter.AdapterUsage;
import dev.gorgon.engine.adapter.PoolStats;
import dev.gorgon.server.Adapters;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * Use of adapters and of their memory. Series per adapter are bounded: the first ones that are used get labels of their own, all
 * later ones share {@code adapter="other"}, so that no counter ever falls.
 */
public final class AdapterMetrics implements MultiCollector {
    private static final int LABELLED = 100;
    private static final String OTHER = "other";
    private static final int SHOWN_IDENTITY = 12;

    private final Adapters adapters;
    /** Label of an identity, by its first characters; guarded by this. */
    private final Map<String, Labels> labels = new HashMap<>();

    public AdapterMetrics(Adapters adapters) {
        this.adapters = adapters;
    }

    @Override
    public MetricSnapshots collect() {
        PoolStats pool = adapters.stats();
        List<AdapterStatus> list = adapters.list();
        List<MetricSnapshot> all = new ArrayList<>();
        all.add(Snapshots.gauge("gorgon_adapter_memory_bytes", "Memory of adapters that come and go.", pool.bytes()));
        all.add(Snapshots.gauge("gorgon_adapter_memory_limit_bytes", "Memory they may use.", pool.budget()));
        all.add(Snapshots.gauge("gorgon_adapters_waiting", "Adapters that wait for memory.", pool.inLine()));
        all.add(Snapshots.counter("gorgon_adapter_loads", "Adapters brought into memory.", pool.loads()));
        all.add(Snapshots.counter("gorgon_adapter_evictions", "Adapters taken out of memory.", pool.evictions()));
        all.add(states(list));
        Map<Labels, long[]> used = used(list);
        all.add(perAdapter("gorgon_adapter_requests", "Requests that began to run.", used, values -> values[0]));
        all.add(perAdapter("gorgon_adapter_tokens", "Tokens emitted.", used, values -> values[1]));
        all.add(perAdapter("gorgon_adapter_drafted_tokens", "Drafted tokens verified.", used, values -> values[2]));
        all.add(perAdapter("gorgon_adapter_accepted_tokens", "Drafted tokens accepted.", used, values -> values[3]));
        return new MetricSnapshots(all);
    }

    private static MetricSnapshot states(List<AdapterStatus> list) {
        EnumMap<AdapterState, Integer> counts = new EnumMap<>(AdapterState.class);
        for (AdapterState state : AdapterState.values()) {
            counts.put(state, 0);
        }
        list.forEach(status -> counts.merge(status.state(), 1, Integer::sum));
        GaugeSnapshot.Builder gauge =
                GaugeSnapshot.builder().name("gorgon_adapters").help("Known adapters by state.");
        counts.forEach((state, count) -> gauge.dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder()
                .labels(Labels.of("state", state.wireName()))
                .value(count)
                .build()));
        return gauge.build();
    }

    private synchronized Map<Labels, long[]> used(List<AdapterStatus> list) {
        Map<Labels, long[]> sums = new LinkedHashMap<>();
        for (AdapterStatus status : list) {
            AdapterUsage usage = status.usage();
            if (usage.requests() == 0 || status.identity().isEmpty()) {
                continue;
            }
            long[] sum = sums.computeIfAbsent(label(status), unused -> new long[4]);
            sum[0] += usage.requests();
            sum[1] += usage.tokens();
            sum[2] += usage.drafted();
            sum[3] += usage.accepted();
        }
        return sums;
    }

    /** The name that an adapter had when it was first seen; private ones show their content's hash instead of a name. */
    private Labels label(AdapterStatus status) {
        String identity = status.identity()
                .substring(0, Math.min(SHOWN_IDENTITY, status.identity().length()));
        Labels known = labels.get(identity);
        if (known != null) {
            return known;
        }
        if (labels.size() >= LABELLED) {
            return Labels.of("adapter", OTHER, "identity", "");
        }
        String name = status.restricted() || status.names().isEmpty()
                ? identity
                : status.names().getFirst().id();
        Labels label = Labels.of("adapter", name, "identity", identity);
        labels.put(identity, label);
        return label;
    }

    private static MetricSnapshot perAdapter(
            String name, String help, Map<Labels, long[]> used, ToLongFunction<long[]> value) {
        CounterSnapshot.Builder counter = CounterSnapshot.builder().name(name).help(help);
        used.forEach((label, values) -> counter.dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder()
                .labels(label)
                .value(value.applyAsLong(values))
                .build()));
        return counter.build();
    }
}
