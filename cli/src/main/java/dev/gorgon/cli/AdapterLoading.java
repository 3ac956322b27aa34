package dev.gorgon.cli;

import dev.gorgon.engine.adapter.AdapterLease;
import dev.gorgon.engine.adapter.AdapterLoader;
import dev.gorgon.engine.adapter.AdapterRegistry;
import dev.gorgon.engine.adapter.RegistryLimits;
import dev.gorgon.engine.schedule.Engine;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Asks a registry, as a server has one, for one adapter after the other, as fast as it gives them; there is memory for two, so each has
 * to be loaded, and another one freed for it.
 */
final class AdapterLoading implements AutoCloseable {

    private final AdapterRegistry registry;
    private final List<Path> folders;
    private Optional<Thread> thread = Optional.empty();
    private volatile boolean stopping;
    private int loads;
    private long nanos;

    /** @param bytes of one adapter in memory */
    AdapterLoading(AdapterLoader loader, Engine engine, List<Path> folders, long bytes) {
        this.registry =
                new AdapterRegistry(loader, RegistryLimits.ofMemory(2 * bytes + bytes / 2), FolderOrigin.hooks(engine));
        this.folders = folders;
    }

    void start() {
        stopping = false;
        thread = Optional.of(Thread.ofPlatform().name("adapter-loading").start(this::loop));
    }

    /** Waits for the load under way; does nothing when there is none. */
    void stop() {
        stopping = true;
        try {
            if (thread.isPresent()) {
                thread.get().join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        thread = Optional.empty();
    }

    private void loop() {
        while (!stopping) {
            long start = System.nanoTime();
            registry.load(new FolderOrigin(folders.get(loads % folders.size())), false)
                    .join()
                    .tryAcquire()
                    .ifPresent(AdapterLease::close);
            nanos += System.nanoTime() - start;
            loads++;
        }
    }

    /** Adapters loaded so far; to be asked while stopped. */
    int loads() {
        return loads;
    }

    double meanMillis() {
        return nanos * 1e-6 / Math.max(1, loads);
    }

    @Override
    public void close() {
        registry.close();
    }
}
