package dev.gorgon.engine.adapter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.backend.Backend;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AdapterPoolTest {

    private static final Duration CYCLE = Duration.ofMillis(100);

    private final Queue<Runnable> work = new ArrayDeque<>();
    private final AtomicLong now = new AtomicLong();
    private final AtomicLong inMemory = new AtomicLong();
    private final AtomicLong most = new AtomicLong();
    private final List<String> first = new ArrayList<>();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

    @AfterEach
    void stop() {
        timer.shutdownNow();
    }

    private AdapterPool pool(long bytes, int active) {
        RegistryLimits limits = new RegistryLimits(bytes, active, CYCLE, Duration.ZERO, 1);
        return new AdapterPool(
                limits,
                work::add,
                timer,
                now::get,
                new RegistryHooks(Thread::new, () -> false, slot -> first.add(slot.name())));
    }

    /** An adapter of some bytes whose use after its end would be seen. */
    private Adapter adapter(String id, long bytes) {
        AtomicBoolean open = new AtomicBoolean(true);
        most.accumulateAndGet(inMemory.addAndGet(bytes), Math::max);
        Backend.Memory memory = (Backend.Memory) Proxy.newProxyInstance(
                Backend.Memory.class.getClassLoader(),
                new Class<?>[] {Backend.Memory.class},
                (proxy, method, arguments) -> {
                    assertThat(open.get()).as("%s after its end", method).isTrue();
                    if (method.getName().equals("close")) {
                        open.set(false);
                        inMemory.addAndGet(-bytes);
                        return null;
                    }
                    return bytes;
                });
        return new Medusa(id, memory, List.of());
    }

    private PooledSlot slot(AdapterPool pool, String name, long bytes) {
        return pool.slot(name, name, bytes, () -> adapter(name, bytes));
    }

    private void runWork() {
        for (Runnable next = work.poll(); next != null; next = work.poll()) {
            next.run();
        }
    }

    private AdapterLease acquire(PooledSlot slot) {
        slot.request(() -> {});
        runWork();
        return slot.tryAcquire().orElseThrow();
    }

    @Test
    void evictsWhatWasUsedLongestAgo() {
        AdapterPool pool = pool(300, 10);
        PooledSlot a = slot(pool, "a", 100);
        PooledSlot b = slot(pool, "b", 100);
        PooledSlot c = slot(pool, "c", 100);
        for (PooledSlot slot : List.of(a, b, c)) {
            acquire(slot).close();
        }
        acquire(a).close();
        acquire(slot(pool, "d", 100)).close();
        assertThat(b.tryAcquire()).isEmpty();
        assertThat(List.of(a, c))
                .allSatisfy(slot -> assertThat(slot.tryAcquire()).isPresent());
        assertThat(pool.stats().bytes()).isEqualTo(300);
        assertThat(most.get()).isEqualTo(300);
        assertThat(first).containsExactly("a", "b", "c", "d");
    }

    @Test
    void onlyAsManyAreEvictedAsNeeded() {
        AdapterPool pool = pool(1000, 100);
        List<PooledSlot> slots = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            slots.add(slot(pool, "s" + i, 100));
            acquire(slots.getLast()).close();
        }
        PooledSlot late = slot(pool, "late", 150);
        late.request(() -> {});
        assertThat(pool.stats().evictions()).isEqualTo(2);
        runWork();
        assertThat(late.tryAcquire()).isPresent();
        assertThat(slots.stream().filter(slot -> slot.tryAcquire().isPresent())).hasSize(8);
    }

    @Test
    void nothingInUseIsEvicted() {
        AdapterPool pool = pool(200, 10);
        AdapterLease a = acquire(slot(pool, "a", 100));
        AdapterLease b = acquire(slot(pool, "b", 100));
        PooledSlot c = slot(pool, "c", 100);
        AtomicInteger told = new AtomicInteger();
        c.request(told::incrementAndGet);
        runWork();
        assertThat(c.tryAcquire()).isEmpty();
        assertThat(a.adapter().bytes() + b.adapter().bytes()).isEqualTo(200);
        b.close();
        runWork();
        assertThat(told).hasValue(1);
        assertThat(c.tryAcquire()).isPresent();
        assertThat(a.adapter().bytes()).isEqualTo(100);
    }

    @Test
    void givesWayAfterItsCycle() throws InterruptedException {
        AdapterPool pool = pool(100, 10);
        PooledSlot busy = slot(pool, "busy", 100);
        AdapterLease running = acquire(busy);
        PooledSlot other = slot(pool, "other", 100);
        other.request(() -> {});
        assertThat(busy.tryAcquire()).as("within its cycle").isPresent().get().satisfies(AdapterLease::close);
        now.addAndGet(CYCLE.toNanos());
        CountDownLatch alarm = new CountDownLatch(1);
        timer.schedule(alarm::countDown, CYCLE.toMillis() + 50, TimeUnit.MILLISECONDS);
        alarm.await();
        assertThat(busy.tryAcquire()).as("others wait").isEmpty();
        AtomicBoolean back = new AtomicBoolean();
        busy.request(() -> back.set(true));
        running.close();
        runWork();
        AdapterLease next = other.tryAcquire().orElseThrow();
        assertThat(back).isFalse();
        next.close();
        runWork();
        assertThat(back).isTrue();
        assertThat(busy.tryAcquire()).isPresent();
    }

    /** Those in line each get their turn, even if the next one's is due the moment the first is there. */
    @Test
    void whatWasAskedForIsThereToBeUsed() {
        AdapterPool pool = pool(100, 10);
        PooledSlot a = slot(pool, "a", 100);
        PooledSlot b = slot(pool, "b", 100);
        a.request(() -> {});
        b.request(() -> {});
        runWork();
        assertThat(b.tryAcquire()).isEmpty();
        a.tryAcquire().orElseThrow().close();
        runWork();
        assertThat(b.tryAcquire()).isPresent();
    }

    /** But not for ever: who asked may have left. */
    @Test
    void whatNobodyPicksUpMakesRoom() {
        AdapterPool pool = pool(100, 10);
        slot(pool, "a", 100).request(() -> {});
        PooledSlot b = slot(pool, "b", 100);
        b.request(() -> {});
        runWork();
        assertThat(b.tryAcquire()).isEmpty();
        now.addAndGet(TimeUnit.SECONDS.toNanos(1));
        b.request(() -> {});
        runWork();
        assertThat(b.tryAcquire()).isPresent();
    }

    @Test
    void staysWhenNobodyWaitsAnyMore() throws InterruptedException {
        AdapterPool pool = pool(200, 10);
        PooledSlot big = slot(pool, "big", 100);
        AdapterLease running = acquire(big);
        AdapterLease second = acquire(slot(pool, "second", 100));
        PooledSlot third = slot(pool, "third", 100);
        now.addAndGet(CYCLE.toNanos());
        third.request(() -> {});
        assertThat(big.tryAcquire()).isEmpty();
        AtomicBoolean told = new AtomicBoolean();
        big.request(() -> told.set(true));
        second.close();
        runWork();
        assertThat(third.tryAcquire()).isPresent();
        assertThat(told).isTrue();
        assertThat(big.tryAcquire()).isPresent();
        running.close();
    }

    @Test
    void failsAtOnceUntilTheBackOffIsOver() {
        AdapterPool pool = pool(200, 10);
        AtomicInteger attempts = new AtomicInteger();
        PooledSlot broken = pool.slot("x", "x", 10, () -> {
            attempts.incrementAndGet();
            throw new AdapterException("tensor q has shape [1]");
        });
        for (int i = 0; i < 5; i++) {
            AtomicBoolean told = new AtomicBoolean();
            broken.request(() -> told.set(true));
            runWork();
            assertThat(told).isTrue();
            assertThat(broken.failure()).get().extracting(Throwable::getMessage).isEqualTo("tensor q has shape [1]");
        }
        assertThat(attempts).hasValue(1);
        now.addAndGet(TimeUnit.SECONDS.toNanos(1));
        assertThat(broken.failure()).isEmpty();
        broken.request(() -> {});
        runWork();
        assertThat(attempts).hasValue(2);
        now.addAndGet(TimeUnit.SECONDS.toNanos(1));
        assertThat(broken.failure()).as("twice as long").isPresent();
        assertThat(pool.stats().bytes()).isZero();
    }

    @Test
    void unexpectedErrorsEndOneLoadOnly() {
        AdapterPool pool = pool(200, 10);
        PooledSlot broken = pool.slot("x", "x", 10, () -> {
            throw new IllegalStateException("oops");
        });
        broken.request(() -> {});
        runWork();
        assertThat(broken.failure()).get().satisfies(e -> assertThat(e).hasMessageContaining("oops"));
        assertThat(acquire(slot(pool, "y", 10))).isNotNull();
    }

    @Test
    void refusesWhatNeverFits() {
        AdapterPool pool = pool(100, 10);
        PooledSlot large = slot(pool, "large", 101);
        large.request(() -> {});
        runWork();
        assertThat(large.failure())
                .get()
                .extracting(Throwable::getMessage)
                .isEqualTo("Adapter large is larger than adapter memory reservation: 101 / 100 bytes");
        assertThat(inMemory).hasValue(0);
        PooledSlot none = slot(pool(0, 10), "none", 1);
        none.request(() -> {});
        assertThat(none.failure()).get().satisfies(e -> assertThat(e).hasMessageStartingWith("Memory reserved"));
    }

    @Test
    void anEstimateThatIsTooLowIsMadeGood() {
        AdapterPool pool = pool(100, 10);
        acquire(slot(pool, "a", 60)).close();
        PooledSlot liar = pool.slot("liar", "liar", 10, () -> adapter("liar", 80));
        AdapterLease lease = acquire(liar);
        assertThat(lease.adapter().bytes()).isEqualTo(80);
        assertThat(pool.stats().bytes()).isEqualTo(80);
    }

    @Test
    void pinnedOnesStayAndDoNotCount() {
        AdapterPool pool = pool(100, 1);
        PooledSlot pinned = slot(pool, "pinned", 500);
        pool.pin(pinned);
        acquire(pinned).close();
        acquire(slot(pool, "a", 100)).close();
        acquire(slot(pool, "b", 100)).close();
        assertThat(pinned.tryAcquire()).isPresent();
        assertThat(pool.unload(pinned)).isFalse();
        assertThat(pool.stats().bytes()).isEqualTo(100);
    }

    @Test
    void unloadingWaitsForTheLastUser() {
        AdapterPool pool = pool(100, 10);
        PooledSlot a = slot(pool, "a", 50);
        AdapterLease lease = acquire(a);
        assertThat(pool.unload(a)).isTrue();
        assertThat(a.tryAcquire()).isEmpty();
        assertThat(lease.adapter().bytes()).isEqualTo(50);
        lease.close();
        lease.close();
        runWork();
        assertThat(inMemory).hasValue(0);
        assertThat(pool.stats().bytes()).isZero();
    }

    @Test
    void closingTellsThoseInLine() {
        AdapterPool pool = pool(100, 10);
        AdapterLease lease = acquire(slot(pool, "a", 100));
        PooledSlot b = slot(pool, "b", 100);
        AtomicBoolean told = new AtomicBoolean();
        b.request(() -> told.set(true));
        pool.close();
        assertThat(told).isTrue();
        assertThat(b.failure()).isPresent();
        lease.close();
    }

    /** Many threads, real loaders: the budget is never exceeded by much, no lease sees a freed adapter, nobody waits for ever. */
    @Test
    void hammered() throws Exception {
        ExecutorService loaders = Executors.newFixedThreadPool(2);
        RegistryLimits limits = new RegistryLimits(500, 6, Duration.ofMillis(2), Duration.ZERO, 2);
        AdapterPool pool = new AdapterPool(limits, loaders, timer, System::nanoTime, RegistryHooks.NONE);
        List<PooledSlot> slots = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            slots.add(slot(pool, "s" + i, 20 + 5L * i % 100));
        }
        AtomicInteger served = new AtomicInteger();
        try (ExecutorService users = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int user = 0; user < 16; user++) {
                SplittableRandom random = new SplittableRandom(user);
                users.execute(() -> {
                    for (int i = 0; i < 200; i++) {
                        PooledSlot slot = slots.get(random.nextInt(slots.size()));
                        try (AdapterLease lease = waitFor(slot)) {
                            assertThat(lease.adapter().bytes()).isPositive();
                            Thread.yield();
                            assertThat(lease.adapter().bytes()).isPositive();
                        }
                        served.incrementAndGet();
                        if (random.nextInt(20) == 0) {
                            pool.unload(slot);
                        }
                    }
                });
            }
        }
        assertThat(served).hasValue(3200);
        // two loaders may each hold one adapter that is not accounted for yet
        assertThat(most.get()).isLessThanOrEqualTo(500 + 2 * 120);
        slots.forEach(pool::unload);
        loaders.shutdown();
        assertThat(loaders.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        assertThat(new HashSet<>(slots)
                        .stream().filter(slot -> slot.tryAcquire().isPresent()))
                .isEmpty();
        assertThat(inMemory).hasValue(0);
        assertThat(pool.stats().bytes()).isZero();
        assertThat(pool.stats().active()).isZero();
    }

    private static AdapterLease waitFor(PooledSlot slot) {
        while (true) {
            Optional<AdapterLease> lease = slot.tryAcquire();
            if (lease.isPresent()) {
                return lease.get();
            }
            CountDownLatch changed = new CountDownLatch(1);
            slot.request(changed::countDown);
            try {
                assertThat(changed.await(20, TimeUnit.SECONDS))
                        .as("%s is never served", slot)
                        .isTrue();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            assertThat(slot.failure()).isEmpty();
        }
    }
}
