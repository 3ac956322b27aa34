package dev.gorgon.cli;

import dev.gorgon.engine.adapter.AdapterLoader;
import dev.gorgon.engine.adapter.AdapterRegistry;
import dev.gorgon.engine.adapter.PoolStats;
import dev.gorgon.engine.adapter.RegistryLimits;
import dev.gorgon.engine.sample.SamplingParameters;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.Engine;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.GenerationException;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.engine.schedule.TokenEvent;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/** Requests to many adapters in turn, with memory for a few of them: each comes into memory for one request and has to go again. */
final class AdapterRoundRobin {

    private static final int[] PROMPT = {1, 2, 3, 4};
    private static final int TOKENS = 8;

    private final Engine engine;
    private final List<Path> folders;
    private final PrintStream out;
    private final AtomicInteger finished = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();
    private final AtomicInteger tokens = new AtomicInteger();

    /** @param folders one per adapter */
    AdapterRoundRobin(Engine engine, List<Path> folders, PrintStream out) {
        this.engine = engine;
        this.folders = folders;
        this.out = out;
    }

    /**
     * Serves every adapter once per round.
     *
     * @param memoryBytes what adapters may use at once
     * @param clients requests under way or waiting at the same time
     */
    void run(AdapterLoader loader, long memoryBytes, int clients, int rounds) {
        try (AdapterRegistry registry =
                new AdapterRegistry(loader, RegistryLimits.ofMemory(memoryBytes), FolderOrigin.hooks(engine))) {
            out.printf(
                    "%n%d adapters in turn, memory for %.0f MB of them, %d clients, %d tokens per request%n%n",
                    folders.size(), memoryBytes * 1e-6, clients, TOKENS);
            out.println(
                    "| round | requests | errors | tokens/s | loads | evictions | adapters in memory, MB | process, MB |");
            out.println("|---|---|---|---|---|---|---|---|");
            Semaphore permits = new Semaphore(clients);
            for (int round = 1; round <= rounds; round++) {
                long start = System.nanoTime();
                int before = tokens.get();
                for (Path folder : folders) {
                    permits.acquireUninterruptibly();
                    serve(registry, folder, permits);
                }
                permits.acquireUninterruptibly(clients);
                permits.release(clients);
                PoolStats stats = registry.stats();
                out.printf(
                        "| %d | %d | %d | %.1f | %d | %d | %.1f | %.0f |%n",
                        round,
                        finished.get(),
                        failed.get(),
                        (tokens.get() - before) / ((System.nanoTime() - start) * 1e-9),
                        stats.loads(),
                        stats.evictions(),
                        stats.bytes() * 1e-6,
                        residentMegabytes());
            }
        }
    }

    private void serve(AdapterRegistry registry, Path folder, Semaphore permits) {
        registry.resolve(new FolderOrigin(folder)).whenComplete((slot, failure) -> {
            if (failure != null) {
                failed(permits, failure);
                return;
            }
            GenerateRequest request = new GenerateRequest(
                    PROMPT.clone(),
                    AdapterSelection.of(slot),
                    SamplingParameters.GREEDY,
                    TOKENS,
                    List.of(),
                    true,
                    false,
                    0,
                    0);
            try {
                engine.submit(request, new Counter(permits));
            } catch (GenerationException e) {
                failed(permits, e);
            }
        });
    }

    private void failed(Semaphore permits, Throwable failure) {
        if (failed.getAndIncrement() == 0) {
            out.println("the first error: " + failure.getMessage());
        }
        permits.release();
    }

    private final class Counter implements GenerationListener {
        private final Semaphore permits;

        Counter(Semaphore permits) {
            this.permits = permits;
        }

        @Override
        public void onToken(TokenEvent token) {
            tokens.incrementAndGet();
        }

        @Override
        public void onFinish(Completion completion) {
            finished.incrementAndGet();
            permits.release();
        }

        @Override
        public void onFailure(GenerationException failure) {
            failed(permits, failure);
        }
    }

    /** What this process occupies; 0 where the system does not say. */
    private static double residentMegabytes() {
        Path status = Path.of("/proc/self/status");
        try {
            return !Files.isReadable(status)
                    ? 0
                    : Files.readAllLines(status).stream()
                            .filter(line -> line.startsWith("VmRSS:"))
                            .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1e-3)
                            .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
