package dev.gorgon.server.metrics;

import dev.gorgon.engine.adapter.AdapterState;
import dev.gorgon.engine.adapter.AdapterStatus;
import dev.gorgon.engine.adapter.AdapterUsage;
import dev.gorgon.engine.adapter.PoolStats;
import dev.gorgon.server.Adapters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * Use of adapters and of their memory. Series per adapter are bounded: the first ones that are used get labels of their own, all
 * later ones share {@code adapter="other"}, so that no counter ever falls.
 */
final class AdapterMetrics implements Collector {
    private static final int LABELLED = 100;
    private static final String OTHER = Labels.of("adapter", "other", "identity", "");

    private static final Family MEMORY =
            Family.gauge("gorgon_adapter_memory_bytes", "Memory of adapters that come and go.");
    private static final Family LIMIT = Family.gauge("gorgon_adapter_memory_limit_bytes", "Memory they may use.");
    private static final Family WAITING = Family.gauge("gorgon_adapters_waiting", "Adapters that wait for memory.");
    private static final Family LOADS = Family.counter("gorgon_adapter_loads_total", "Adapters brought into memory.");
    private static final Family EVICTIONS =
            Family.counter("gorgon_adapter_evictions_total", "Adapters taken out of memory.");
    private static final Family STATES = Family.gauge("gorgon_adapters", "Known adapters by state.", "state");
    private static final List<PerAdapter> PER_ADAPTER = List.of(
            perAdapter("gorgon_adapter_requests_total", "Requests that began to run.", AdapterUsage::requests),
            perAdapter("gorgon_adapter_tokens_total", "Tokens emitted.", AdapterUsage::tokens),
            perAdapter("gorgon_adapter_drafted_tokens_total", "Drafted tokens verified.", AdapterUsage::drafted),
            perAdapter("gorgon_adapter_accepted_tokens_total", "Drafted tokens accepted.", AdapterUsage::accepted));

    private final AdapterSnapshot snapshot;
    private final Histogram loadTimes;
    /** Label of an identity, by its first characters; guarded by this. */
    private final Map<String, String> labels = new HashMap<>();
    /** Guarded by this. */
    private Known known = new Known(AdapterSnapshot.NOTHING, Map.of(), List.of());

    AdapterMetrics(Adapters adapters, AdapterSnapshot snapshot) {
        this.snapshot = snapshot;
        this.loadTimes = Histogram.of(
                Family.histogram("gorgon_adapter_load_seconds", "Time to bring an adapter into memory."),
                "",
                adapters.loadTimes());
    }

    /** A number that every adapter has. */
    private record PerAdapter(Family family, ToLongFunction<AdapterUsage> number) {}

    private static PerAdapter perAdapter(String name, String help, ToLongFunction<AdapterUsage> number) {
        return new PerAdapter(Family.counter(name, help, "adapter", "identity"), number);
    }

    @Override
    public List<Family> families() {
        List<Family> all = new ArrayList<>(List.of(MEMORY, LIMIT, WAITING, LOADS, EVICTIONS, STATES));
        all.addAll(loadTimes.families());
        PER_ADAPTER.forEach(per -> all.add(per.family));
        return all;
    }

    @Override
    public void collect(Page page) {
        AdapterSnapshot.View view = snapshot.now();
        PoolStats pool = view.pool();
        Known now = known(view);
        page.only(MEMORY, pool.bytes());
        page.only(LIMIT, pool.budget());
        page.only(WAITING, pool.inLine());
        page.only(LOADS, pool.loads());
        page.only(EVICTIONS, pool.evictions());
        page.begin(STATES);
        now.states.forEach(page::sample);
        loadTimes.collect(page);
        for (PerAdapter per : PER_ADAPTER) {
            page.begin(per.family);
            for (Use use : now.used) {
                page.sample(use.labels, use.sum(per.number));
            }
        }
    }

    /** The counters of the adapters that share some labels. */
    private record Use(String labels, List<AdapterUsage> usages) {

        double sum(ToLongFunction<AdapterUsage> number) {
            long sum = 0;
            for (AdapterUsage usage : usages) {
                sum += number.applyAsLong(usage);
            }
            return sum;
        }
    }

    /** What stays the same for as long as the list of adapters is kept. */
    private record Known(AdapterSnapshot.View view, Map<String, Integer> states, List<Use> used) {}

    private synchronized Known known(AdapterSnapshot.View view) {
        if (known.view != view) {
            known = new Known(view, states(view.list()), used(view.list()));
        }
        return known;
    }

    private static Map<String, Integer> states(List<AdapterStatus> list) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        for (AdapterState state : AdapterState.values()) {
            counts.put(label(state), 0);
        }
        list.forEach(status -> counts.merge(label(status.state()), 1, Integer::sum));
        return counts;
    }

    private static String label(AdapterState state) {
        return Labels.of("state", state.wireName());
    }

    private List<Use> used(List<AdapterStatus> list) {
        Map<String, Use> used = new LinkedHashMap<>();
        for (AdapterStatus status : list) {
            if (status.usage().requests() > 0 && !status.identity().isEmpty()) {
                used.computeIfAbsent(label(status), labels -> new Use(labels, new ArrayList<>()))
                        .usages
                        .add(status.usage());
            }
        }
        return List.copyOf(used.values());
    }

    /** The name that an adapter had when it was first seen; private ones show their content's hash instead of a name. */
    private String label(AdapterStatus status) {
        String identity = AdapterSnapshot.shortIdentity(status.identity());
        String known = labels.get(identity);
        if (known != null) {
            return known;
        }
        if (labels.size() >= LABELLED) {
            return OTHER;
        }
        String name = status.restricted() || status.names().isEmpty()
                ? identity
                : status.names().getFirst().id();
        String label = Labels.of("adapter", name, "identity", identity);
        labels.put(identity, label);
        return label;
    }
}
