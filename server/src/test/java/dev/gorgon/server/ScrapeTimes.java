package dev.gorgon.server;

import com.sun.management.ThreadMXBean;
import dev.gorgon.engine.adapter.AdapterOrigin;
import dev.gorgon.engine.adapter.AdapterState;
import dev.gorgon.engine.adapter.AdapterStatus;
import dev.gorgon.engine.adapter.AdapterUsage;
import dev.gorgon.engine.schedule.AdapterLoad;
import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.EngineMeters;
import dev.gorgon.engine.schedule.GenerationException;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.server.metrics.Exposition;
import dev.gorgon.server.metrics.ServerMetrics;
import dev.gorgon.server.observe.Watching;
import dev.gorgon.server.tracing.Tracing;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Measures what metrics cost, for docs/observability.md: rendering a page with many adapters, and what a step of the engine counts.
 * A program, not a test: times depend on the machine.
 */
final class ScrapeTimes {
    private static final int WARM_UP = 20_000;
    private static final int RUNS = 4_000;
    private static final long STEPS = 20_000_000;

    private ScrapeTimes() {}

    /** Hears nothing. */
    private static final class Silent implements GenerationListener {
        @Override
        public void onToken(TokenEvent token) {}

        @Override
        public void onFinish(Completion completion) {}

        @Override
        public void onFailure(GenerationException failure) {}
    }

    public static void main(String[] arguments) {
        for (int adapters : new int[] {0, 100, 1000}) {
            page(adapters, 0);
        }
        page(100, 5);
        counting();
        watching();
    }

    /** @param pauseMillis between scrapes; with some, caches that grow old are filled again and again */
    private static void page(int adapters, int pauseMillis) {
        try (FakeInference engine = new FakeInference()) {
            List<AdapterStatus> list = new ArrayList<>();
            List<AdapterLoad> loads = new ArrayList<>();
            for (int i = 0; i < adapters; i++) {
                String identity = "%064x".formatted(i + 1L);
                String name = "some-owner/some-adapter-" + i;
                AdapterUsage usage = new AdapterUsage();
                usage.countRequest();
                usage.countStep(30, 20, 10 + i);
                list.add(new AdapterStatus(
                        identity,
                        List.of(new AdapterOrigin.Name("hub", name, "", "")),
                        i % 10 == 0,
                        AdapterState.READY,
                        "lora",
                        1 << 20,
                        false,
                        1,
                        1,
                        usage,
                        Optional.empty(),
                        16));
                loads.add(new AdapterLoad(identity, name, i % 2, i % 3));
            }
            engine.registry.list = list;
            engine.loads = loads;
            fill(engine.meters);
            Exposition exposition = ServerMetrics.of(TestServer.config(Limits.forContext(4096)), engine, Tracing.NONE)
                    .exposition();
            int bytes = 0;
            for (int i = 0; i < WARM_UP; i++) {
                bytes = exposition.text().length;
            }
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long allocated = threads.getCurrentThreadAllocatedBytes();
            int runs = pauseMillis == 0 ? RUNS : RUNS / 4;
            long[] nanos = new long[runs];
            for (int i = 0; i < runs; i++) {
                long start = System.nanoTime();
                exposition.text();
                nanos[i] = System.nanoTime() - start;
                pause(pauseMillis);
            }
            long perPage = (threads.getCurrentThreadAllocatedBytes() - allocated) / runs;
            Arrays.sort(nanos);
            System.out.printf(
                    Locale.ROOT,
                    "%d adapters, a page of %d bytes every %d ms: median %.1f µs, p99 %.1f µs, worst %.1f µs, %d bytes"
                            + " allocated%n",
                    adapters,
                    bytes,
                    pauseMillis,
                    nanos[runs / 2] / 1e3,
                    nanos[runs * 99 / 100] / 1e3,
                    nanos[runs - 1] / 1e3,
                    perPage);
        }
    }

    private static void pause(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void fill(EngineMeters meters) {
        for (int i = 0; i < 100_000; i++) {
            meters.forward().record(i * 997L);
            meters.overhead().record(i);
            meters.rows().record(i % 300);
            meters.accepted().record(i % 5);
            meters.started().record(i % 40 + 1);
            meters.prefill().succeeded().record(i * 997L);
            meters.decode().succeeded().record(i * 9970L);
        }
    }

    /** The additions of one step with one drafting sequence. */
    private static void counting() {
        EngineMeters meters = EngineMeters.of(64);
        for (int round = 0; round < 3; round++) {
            long start = System.nanoTime();
            for (long i = 0; i < STEPS; i++) {
                meters.forward().record(1_000_000 + i);
                meters.overhead().record(4_000 + (i & 1023));
                meters.rows().record(i & 63);
                meters.decode().succeeded().record(1_000_000 + i);
                meters.accepted().record(i & 3);
                meters.reservedTokens().set(i);
            }
            System.out.printf(Locale.ROOT, "counting a step: %.1f ns%n", (System.nanoTime() - start) / (double) STEPS);
        }
    }

    /** What watching a generation adds to a token, the look at the clock included. */
    private static void watching() {
        try (FakeInference engine = new FakeInference()) {
            ServerMetrics metrics = ServerMetrics.of(TestServer.config(TestServer.LIMITS), engine, Tracing.NONE);
            GenerationListener nobody = new Silent();
            GenerationListener watched = Watching.watch(metrics.latencies(), nobody);
            TokenEvent token = new TokenEvent(1, "x", 0, false, false, List.of());
            for (int round = 0; round < 3; round++) {
                long start = System.nanoTime();
                for (long i = 0; i < STEPS; i++) {
                    watched.onToken(token);
                }
                System.out.printf(
                        Locale.ROOT,
                        "watching a sequence's step: %.1f ns%n",
                        (System.nanoTime() - start) / (double) STEPS);
            }
        }
    }
}
