package dev.gorgon.server.metrics;

import dev.gorgon.engine.adapter.AdapterState;
import dev.gorgon.engine.adapter.AdapterStatus;
import dev.gorgon.engine.adapter.PoolStats;
import dev.gorgon.engine.backend.KvStorage;
import dev.gorgon.engine.schedule.AdapterLoad;
import dev.gorgon.engine.schedule.EngineStats;
import dev.gorgon.server.Inference;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToIntFunction;

/**
 * What routers in front of several servers read to send requests where their adapter is: the model server protocol of the Gateway
 * API Inference Extension and llm-d, under vLLM's names (spec clients-and-kubernetes.md §4). "GPU" means the memory the model
 * computes from, whatever it is; there is no second level, so nothing is on "cpu".
 */
final class RouterMetrics implements Collector {
    /** Adapters in memory that are named; a router cannot use more, and the page must stay small. */
    private static final int NAMED = 500;

    private static final Family WAITING =
            Family.gauge("vllm:num_requests_waiting", "Requests submitted but not yet running.", "model_name");
    private static final Family RUNNING =
            Family.gauge("vllm:num_requests_running", "Sequences that hold key/value blocks.", "model_name");
    private static final Family KV_USAGE =
            Family.gauge("vllm:kv_cache_usage_perc", "Part of the key/value blocks in use, 0 to 1.", "model_name");
    private static final Family CACHE_CONFIG = Family.gauge(
            "vllm:cache_config_info", "Size of the key/value cache; always 1.", "block_size", "num_gpu_blocks");
    private static final Family LORA_REQUESTS = Family.gauge(
            "vllm:lora_requests_info",
            "Adapters with requests; the value is the time, in seconds since 1970.",
            "max_lora",
            "running_lora_adapters",
            "waiting_lora_adapters");
    private static final Family LOADED = Family.gauge(
            "vllm:lora_adapter_loaded", "Adapters in memory; always 1.", "adapter_name", "level", "pinned", "rank");
    private static final Family GPU_LOADED = Family.gauge("vllm:num_gpu_loaded_lora_adapters", "Adapters in memory.");
    private static final Family CPU_LOADED =
            Family.gauge("vllm:num_cpu_loaded_lora_adapters", "Always 0: there is one level of memory.");
    private static final Family GPU_MOST = Family.gauge(
            "vllm:max_gpu_lora_adapters", "Adapters that would fit into memory, if others are like those in it.");
    private static final Family LOAD_SECONDS =
            Family.histogram("vllm:lora_adapter_load_seconds", "Time to bring an adapter into memory.");

    private final Inference inference;
    private final AdapterSnapshot snapshot;
    private final Clock clock;
    private final String model;
    private final int maxRunning;
    private final Histogram loadTimes;
    private volatile Requests requests = new Requests(List.of(), AdapterSnapshot.NOTHING, "");
    private volatile Residency residency = Residency.of(AdapterSnapshot.NOTHING);

    /** @param model id of the base model */
    RouterMetrics(Inference inference, AdapterSnapshot snapshot, String model, Clock clock) {
        this.inference = inference;
        this.snapshot = snapshot;
        this.clock = clock;
        this.model = Labels.of("model_name", model);
        this.maxRunning = inference.meters().maxRunning();
        this.loadTimes = Histogram.of(LOAD_SECONDS, "", inference.adapters().loadTimes());
    }

    @Override
    public List<Family> families() {
        return List.of(
                WAITING,
                RUNNING,
                KV_USAGE,
                CACHE_CONFIG,
                LORA_REQUESTS,
                LOADED,
                GPU_LOADED,
                CPU_LOADED,
                GPU_MOST,
                LOAD_SECONDS);
    }

    @Override
    public void collect(Page page) {
        EngineStats stats = inference.stats();
        AdapterSnapshot.View adapters = snapshot.now();
        one(page, WAITING, model, stats.waiting());
        one(page, RUNNING, model, stats.running());
        one(page, KV_USAGE, model, (double) stats.usedBlocks() / Math.max(1, stats.totalBlocks()));
        String config = Labels.of(
                "block_size",
                Integer.toString(KvStorage.BLOCK),
                "num_gpu_blocks",
                Integer.toString(stats.totalBlocks()));
        one(page, CACHE_CONFIG, config, 1);
        requests(page, adapters);
        residency(page, adapters);
        loadTimes.collect(page);
    }

    private static void one(Page page, Family family, String labels, double value) {
        page.begin(family);
        page.sample(labels, value);
    }

    private void requests(Page page, AdapterSnapshot.View adapters) {
        List<AdapterLoad> loads = inference.adapterLoads();
        Requests labelled = requests;
        if (labelled.loads != loads || labelled.adapters != adapters) {
            labelled = new Requests(loads, adapters, labels(loads, adapters));
            requests = labelled;
        }
        one(page, LORA_REQUESTS, labelled.labels, clock.millis() / 1000.0);
    }

    private String labels(List<AdapterLoad> loads, AdapterSnapshot.View adapters) {
        return Labels.of(
                "max_lora",
                Integer.toString(maxRunning),
                "running_lora_adapters",
                names(loads, AdapterLoad::running, adapters),
                "waiting_lora_adapters",
                names(loads, AdapterLoad::waiting, adapters));
    }

    /** Names with commas in them, merges among others, are left out: readers would take them for several. */
    private static String names(
            List<AdapterLoad> loads, ToIntFunction<AdapterLoad> requests, AdapterSnapshot.View adapters) {
        Set<String> names = new TreeSet<>();
        for (AdapterLoad load : loads) {
            if (requests.applyAsInt(load) > 0 && !load.identity().isEmpty()) {
                adapters.publicNames(load.identity()).stream()
                        .filter(name -> name.indexOf(',') < 0)
                        .forEach(names::add);
            }
        }
        return String.join(",", names);
    }

    private void residency(Page page, AdapterSnapshot.View adapters) {
        Residency known = residency;
        if (known.adapters != adapters) {
            known = Residency.of(adapters);
            residency = known;
        }
        page.begin(LOADED);
        for (String labels : known.labels) {
            page.sample(labels, 1);
        }
        page.only(GPU_LOADED, known.loaded);
        page.only(CPU_LOADED, 0);
        page.only(GPU_MOST, most(known.loaded, known.unpinned, adapters.pool()));
    }

    /** Labels of what waits and runs, which is the same list as long as nothing has changed. */
    private record Requests(List<AdapterLoad> loads, AdapterSnapshot.View adapters, String labels) {}

    /** Labels of what is in memory, made once for as long as the list of adapters is kept. */
    private record Residency(AdapterSnapshot.View adapters, List<String> labels, int loaded, int unpinned) {

        static Residency of(AdapterSnapshot.View adapters) {
            Set<String> named = new HashSet<>();
            List<String> labels = new ArrayList<>();
            int loaded = 0;
            int unpinned = 0;
            for (AdapterStatus status : adapters.list()) {
                if (status.state() == AdapterState.READY) {
                    loaded++;
                    unpinned += status.pinned() ? 0 : 1;
                    for (String name : AdapterSnapshot.publicNames(status)) {
                        if (named.size() < NAMED && named.add(name)) {
                            labels.add(labelsOf(name, status));
                        }
                    }
                }
            }
            return new Residency(adapters, labels, loaded, unpinned);
        }
    }

    private static String labelsOf(String name, AdapterStatus status) {
        return Labels.of(
                "adapter_name",
                name,
                "level",
                "gpu",
                "pinned",
                Boolean.toString(status.pinned()),
                "rank",
                Integer.toString(status.rank()));
    }

    /** Memory is limited in bytes, not in adapters: what is free is divided by the mean size of what is there. */
    private int most(int loaded, int unpinned, PoolStats pool) {
        if (unpinned == 0 || pool.bytes() == 0) {
            return loaded + maxRunning;
        }
        long mean = Math.max(1, pool.bytes() / unpinned);
        return (int) Math.min(Integer.MAX_VALUE, loaded + Math.max(0, pool.budget() - pool.bytes()) / mean);
    }
}
