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
    private static final List<Family> PER_ADAPTER = List.of(
            perAdapter("gorgon_adapter_requests_total", "Requests that began to run."),
            perAdapter("gorgon_adapter_tokens_total", "Tokens emitted."),
            perAdapter("gorgon_adapter_drafted_tokens_total", "Drafted tokens verified."),
            perAdapter("gorgon_adapter_accepted_tokens_total", "Drafted tokens accepted."));

    private final Adapters adapters;
    private final AdapterSnapshot snapshot;
    private final Histogram loadTimes;
    /** Label of an identity, by its first characters; guarded by this. */
    private final Map<String, String> labels = new HashMap<>();

    AdapterMetrics(Adapters adapters, AdapterSnapshot snapshot) {
        this.adapters = adapters;
        this.snapshot = snapshot;
        this.loadTimes = Histogram.of(
                Family.histogram("gorgon_adapter_load_seconds", "Time to bring an adapter into memory."),
                "",
                adapters.loadTimes());
    }

    private static Family perAdapter(String name, String help) {
        return Family.counter(name, help, "adapter", "identity");
    }

    @Override
    public List<Family> families() {
        List<Family> all = new ArrayList<>(List.of(MEMORY, LIMIT, WAITING, LOADS, EVICTIONS, STATES));
        all.addAll(loadTimes.families());
        all.addAll(PER_ADAPTER);
        return all;
    }

    @Override
    public void collect(Page page) {
        PoolStats pool = adapters.stats();
        List<AdapterStatus> list = snapshot.now().list();
        page.only(MEMORY, pool.bytes());
        page.only(LIMIT, pool.budget());
        page.only(WAITING, pool.inLine());
        page.only(LOADS, pool.loads());
        page.only(EVICTIONS, pool.evictions());
        states(page, list);
        loadTimes.collect(page);
        Map<String, long[]> used = used(list);
        for (int i = 0; i < PER_ADAPTER.size(); i++) {
            page.begin(PER_ADAPTER.get(i));
            for (Map.Entry<String, long[]> entry : used.entrySet()) {
                page.sample(entry.getKey(), entry.getValue()[i]);
            }
        }
    }

    private static void states(Page page, List<AdapterStatus> list) {
        AdapterState[] states = AdapterState.values();
        int[] counts = new int[states.length];
        list.forEach(status -> counts[status.state().ordinal()]++);
        page.begin(STATES);
        for (AdapterState state : states) {
            page.sample(Labels.of("state", state.wireName()), counts[state.ordinal()]);
        }
    }

    private synchronized Map<String, long[]> used(List<AdapterStatus> list) {
        Map<String, long[]> sums = new LinkedHashMap<>();
        for (AdapterStatus status : list) {
            AdapterUsage usage = status.usage();
            long requests = usage.requests();
            if (requests == 0 || status.identity().isEmpty()) {
                continue;
            }
            long[] sum = sums.computeIfAbsent(label(status), unused -> new long[4]);
            sum[0] += requests;
            sum[1] += usage.tokens();
            sum[2] += usage.drafted();
            sum[3] += usage.accepted();
        }
        return sums;
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
