package dev.gorgon.cli;

import dev.gorgon.engine.adapter.AdapterOrigin;
import dev.gorgon.engine.adapter.AdapterRegistry;
import dev.gorgon.engine.adapter.AdapterSlot;
import dev.gorgon.engine.adapter.AdapterStatus;
import dev.gorgon.engine.adapter.MergeSpec;
import dev.gorgon.engine.adapter.PoolStats;
import dev.gorgon.engine.meter.Distribution;
import dev.gorgon.server.AdapterRef;
import dev.gorgon.server.Adapters;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Connects the HTTP server to the registry of adapters. */
record EngineAdapters(AdapterRegistry registry, AdapterFiles files) implements Adapters {

    private AdapterOrigin origin(AdapterRef adapter) {
        return files.asked(adapter.source(), adapter.id(), adapter.apiToken());
    }

    @Override
    public CompletableFuture<AdapterSlot> resolve(AdapterRef adapter) {
        return registry.resolve(origin(adapter));
    }

    @Override
    public CompletableFuture<AdapterSlot> resolveMerged(List<AdapterRef> adapters, MergeSpec spec) {
        return registry.resolveMerged(adapters.stream().map(this::origin).toList(), spec);
    }

    @Override
    public CompletableFuture<AdapterSlot> load(AdapterRef adapter) {
        return registry.load(origin(adapter), false);
    }

    @Override
    public Optional<Boolean> unload(AdapterRef adapter) {
        AdapterOrigin.Name name = origin(adapter).name();
        return registry.unload(name.source(), name.id());
    }

    @Override
    public List<AdapterStatus> list() {
        return registry.list();
    }

    @Override
    public PoolStats stats() {
        return registry.stats();
    }

    @Override
    public Distribution loadTimes() {
        return registry.loadTimes();
    }
}
