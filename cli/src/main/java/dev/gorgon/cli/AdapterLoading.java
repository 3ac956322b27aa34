package dev.gorgon.cli;

import dev.gorgon.engine.adapter.AdapterLoader;
import dev.gorgon.kernels.BackgroundPriority;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Loads adapters in the background, one after the other without a pause, and forgets each at once. */
final class AdapterLoading {

    private final AdapterLoader loader;
    private final List<Path> folders;
    private Optional<Thread> thread = Optional.empty();
    private volatile boolean stopping;
    private int loads;
    private long nanos;

    AdapterLoading(AdapterLoader loader, List<Path> folders) {
        this.loader = loader;
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
        BackgroundPriority.lowerCurrentThread();
        while (!stopping) {
            long start = System.nanoTime();
            loader.load("loading", folders.get(loads % folders.size())).close();
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
}
