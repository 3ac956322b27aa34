package dev.gorgon.engine.adapter;

import dev.gorgon.engine.meter.Distribution;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Keeps adapters in memory within a budget of bytes. Those that nobody uses stay until their memory is wanted, the least recently
 * used goes first. What is wanted while there is no room waits in line; when even that does not help, because all that is in
 * memory is in use, the adapter that has been there longest takes no new work after its cycle time, leaves when its last user is
 * done, and stands in line again (spec lorax-contract.md §2.10). Nothing in use is ever evicted.
 *
 * <p>Everything but loading and freeing is short and happens under one lock; loading and freeing happen on the loaders.
 */
final class AdapterPool {

    private static final Logger LOG = LoggerFactory.getLogger(AdapterPool.class);

    private final RegistryLimits limits;
    private final Executor loaders;
    private final ScheduledExecutorService timer;
    private final LongSupplier nanos;
    private final RegistryHooks hooks;
    private final LoadPace pace;
    private final MemoryBudget budget;
    /** In line for memory. */
    private final Deque<PooledSlot> line = new ArrayDeque<>();

    /** How long loads took that brought an adapter into memory. */
    final Distribution loadTimes = Distribution.ofNanos(Distribution.growing(0.001, 2, 16));

    private long loads;
    private long evictions;
    private boolean alarmSet;
    private boolean closed;

    /**
     * @param loaders where weights are loaded and freed
     * @param timer wakes the pool when a cycle time is over
     * @param nanos the clock, {@link System#nanoTime}
     */
    AdapterPool(
            RegistryLimits limits,
            Executor loaders,
            ScheduledExecutorService timer,
            LongSupplier nanos,
            RegistryHooks hooks) {
        this.limits = limits;
        this.budget = new MemoryBudget(limits);
        this.loaders = loaders;
        this.timer = timer;
        this.nanos = nanos;
        this.hooks = hooks;
        this.pace = new LoadPace(hooks.generating());
    }

    /** A new slot, with nothing in memory; what it takes there is an estimate until it was there. */
    PooledSlot slot(String identity, String name, long estimatedBytes, AdapterRecipe recipe) {
        return new PooledSlot(identity, name, estimatedBytes, recipe, this);
    }

    Optional<AdapterLease> tryAcquire(PooledSlot slot) {
        synchronized (this) {
            Adapter adapter = slot.adapter;
            if (slot.state != AdapterState.READY || adapter == null || slot.leaving) {
                return Optional.empty();
            }
            if (slot.leases++ == 0 && !slot.pinned) {
                budget.used(slot, nanos.getAsLong());
            }
            slot.lastUseMillis = System.currentTimeMillis();
            return Optional.of(slot.new Lease(adapter));
        }
    }

    void release(PooledSlot slot) {
        change(news -> {
            slot.leases--;
            slot.lastUseMillis = System.currentTimeMillis();
            if (slot.leases == 0 && !slot.pinned) {
                budget.unused(slot);
                if (slot.leaving) {
                    evict(slot);
                }
                pump(news);
            }
        });
    }

    void request(PooledSlot slot, Runnable changed) {
        change(news -> {
            boolean ready = slot.state == AdapterState.READY && !slot.leaving;
            if (closed || ready || failsNow(slot)) {
                news.add(changed);
            } else {
                slot.waiting.add(changed);
                if (slot.state != AdapterState.LOADING && !slot.inLine) {
                    enqueue(slot, false);
                }
                pump(news);
            }
        });
    }

    /** Changes something under the lock; what there is to tell is told without it. */
    private void change(Consumer<List<Runnable>> step) {
        List<Runnable> news = new ArrayList<>();
        synchronized (this) {
            step.accept(news);
        }
        news.forEach(Runnable::run);
    }

    private void enqueue(PooledSlot slot, boolean first) {
        slot.inLine = true;
        if (slot.state != AdapterState.READY) {
            slot.state = AdapterState.EVICTED;
        }
        if (first) {
            line.addFirst(slot);
        } else {
            line.addLast(slot);
        }
    }

    Optional<AdapterException> failure(PooledSlot slot) {
        synchronized (this) {
            Backoff failure = slot.failure;
            return failure != null && failsNow(slot) ? Optional.of(failure.failure()) : Optional.empty();
        }
    }

    private boolean failsNow(PooledSlot slot) {
        Backoff failure = slot.failure;
        return slot.state == AdapterState.FAILED && failure != null && !failure.isOver(nanos.getAsLong());
    }

    /** Keeps a slot in memory for good once it is there, outside of the budget. Call before it is asked for. */
    void pin(PooledSlot slot) {
        synchronized (this) {
            if (!slot.pinned && slot.state == AdapterState.READY) {
                budget.drop(slot);
            }
            slot.pinned = true;
        }
    }

    /** Lets a slot leave memory as soon as nobody uses it. False for pinned ones. */
    boolean unload(PooledSlot slot) {
        boolean[] allowed = {true};
        change(news -> {
            allowed[0] = !slot.pinned;
            if (!slot.pinned && slot.state == AdapterState.READY) {
                slot.leaving = true;
                if (slot.leases == 0) {
                    evict(slot);
                }
            }
            pump(news);
        });
        return allowed[0];
    }

    /** Starts as many loads as there is room for. Holds the lock; what is put into {@code news} is run without it. */
    private void pump(List<Runnable> news) {
        while (!line.isEmpty() && !closed) {
            Optional<PooledSlot> first = line.stream()
                    .filter(slot -> slot.state != AdapterState.READY)
                    .findFirst();
            if (first.isEmpty()) {
                // those that wanted room have it, so nobody needs to leave any more
                line.forEach(slot -> stay(slot, news));
                line.clear();
                return;
            }
            PooledSlot next = first.get();
            long bytes = budget.expectedBytes(next);
            Optional<AdapterException> refusal = next.pinned ? Optional.empty() : budget.refusal(next, bytes);
            if (refusal.isEmpty() && !next.pinned && !makeRoom(bytes)) {
                return;
            }
            line.remove(next);
            next.inLine = false;
            if (refusal.isPresent()) {
                fail(next, refusal.get(), news);
            } else {
                load(next, bytes);
            }
        }
    }

    private static void stay(PooledSlot slot, List<Runnable> news) {
        slot.inLine = false;
        slot.leaving = false;
        news.addAll(slot.waiting);
        slot.waiting.clear();
    }

    /** Whether so many bytes are free now; if not, sees to it that they will be. Holds the lock. */
    private boolean makeRoom(long bytes) {
        long wait = budget.makeRoom(bytes, nanos.getAsLong(), this::evict);
        if (wait > 0 && !alarmSet) {
            alarmSet = true;
            timer.schedule(this::alarm, wait, TimeUnit.NANOSECONDS);
        }
        return wait == MemoryBudget.ROOM;
    }

    private void alarm() {
        change(news -> {
            alarmSet = false;
            pump(news);
        });
    }

    /** Takes a slot that nobody uses out of memory; its bytes are free once a loader has freed them. Holds the lock. */
    private void evict(PooledSlot slot) {
        Adapter adapter = slot.adapter;
        long bytes = slot.reserved;
        budget.beginFree(slot);
        slot.adapter = null;
        slot.state = AdapterState.EVICTED;
        slot.leaving = false;
        evictions++;
        if (adapter != null && closed) {
            adapter.close();
        } else if (adapter != null) {
            loaders.execute(() -> free(adapter, bytes));
        }
    }

    private void free(Adapter adapter, long bytes) {
        adapter.close();
        change(news -> {
            budget.endFree(bytes);
            pump(news);
        });
    }

    /** Holds the lock. */
    private void load(PooledSlot slot, long bytes) {
        slot.state = AdapterState.LOADING;
        if (!slot.pinned) {
            budget.reserve(slot, bytes);
        }
        loaders.execute(() -> loadNow(slot));
    }

    private void loadNow(PooledSlot slot) {
        long start = System.nanoTime();
        Adapter adapter;
        String what;
        try {
            adapter = slot.recipe().load();
            what = AdapterListing.describe(adapter);
        } catch (RuntimeException | Error e) {
            failed(slot, e);
            return;
        }
        List<Runnable> news = new ArrayList<>();
        boolean kept;
        boolean first;
        synchronized (this) {
            first = slot.knownBytes == 0;
            kept = settle(slot, adapter, news);
            pump(news);
        }
        if (kept) {
            long nanos = System.nanoTime() - start;
            loadTimes.record(nanos);
            LOG.atLevel(first ? Level.INFO : Level.DEBUG)
                    .log("loaded adapter {}: {} in {} ms", slot.name(), what, nanos / 1_000_000);
        } else {
            adapter.close();
        }
        news.forEach(Runnable::run);
        if (kept && first) {
            hooks.firstLoaded().accept(slot);
        }
        pace.rest(System.nanoTime() - start);
    }

    /** Turns the estimate into the exact number of bytes; false if that does not fit (yet). Holds the lock. */
    private boolean settle(PooledSlot slot, Adapter adapter, List<Runnable> news) {
        slot.knownBytes = Math.max(1, adapter.bytes());
        if (!slot.pinned) {
            budget.drop(slot);
            Optional<AdapterException> refusal = budget.refusal(slot, slot.knownBytes);
            if (refusal.isPresent() || closed) {
                fail(slot, refusal.orElseGet(AdapterPool::shuttingDown), news);
                return false;
            }
            if (!makeRoom(slot.knownBytes)) {
                slot.state = AdapterState.EVICTED;
                enqueue(slot, true);
                return false;
            }
            budget.reserve(slot, slot.knownBytes);
            budget.used(slot, nanos.getAsLong());
        }
        loads++;
        slot.adapter = adapter;
        slot.state = AdapterState.READY;
        slot.failure = null;
        slot.lastUseMillis = System.currentTimeMillis();
        news.addAll(slot.waiting);
        slot.waiting.clear();
        return true;
    }

    static AdapterException shuttingDown() {
        return new AdapterException(AdapterException.Code.ADAPTER_UNAVAILABLE, "the server is shutting down");
    }

    private void failed(PooledSlot slot, Throwable cause) {
        AdapterException failure = cause instanceof AdapterException known
                ? known
                : new AdapterException(
                        AdapterException.Code.ADAPTER_UNAVAILABLE,
                        "adapter " + slot.name() + " could not be loaded: " + cause.getMessage(),
                        cause);
        if (failure.getCause() == cause) {
            LOG.warn("loading adapter {} failed unexpectedly", slot.name(), cause);
        }
        change(news -> {
            if (!slot.pinned) {
                budget.drop(slot);
            }
            fail(slot, failure, news);
            pump(news);
        });
    }

    /** Holds the lock. */
    private void fail(PooledSlot slot, AdapterException failure, List<Runnable> news) {
        Backoff before = slot.failure;
        slot.state = AdapterState.FAILED;
        slot.failure = Backoff.after(failure, before == null ? 0 : before.failures(), nanos.getAsLong());
        news.addAll(slot.waiting);
        slot.waiting.clear();
        LOG.warn("adapter {} cannot be loaded: {}", slot.name(), failure.getMessage());
    }

    /** What the pool holds. */
    synchronized PoolStats stats() {
        return new PoolStats(
                budget.reservedBytes(), limits.memoryBytes(), budget.active(), line.size(), loads, evictions);
    }

    /** A slot's state as of now. */
    synchronized SlotView view(PooledSlot slot) {
        return SlotView.of(slot);
    }

    /** Whether nobody needs this slot: nothing in memory, nobody waiting. */
    synchronized boolean isForgettable(PooledSlot slot) {
        return slot.adapter == null
                && slot.state != AdapterState.LOADING
                && slot.waiting.isEmpty()
                && !slot.inLine
                && !slot.pinned;
    }

    /** Takes nothing in any more; those in line are told. What is in memory is the caller's to free, by {@link #freeNow}. */
    void close() {
        change(news -> {
            closed = true;
            for (PooledSlot slot : line) {
                slot.inLine = false;
                fail(slot, shuttingDown(), news);
            }
            line.clear();
        });
    }

    /** Frees the memory of a slot, used or not: only when no engine runs any more. */
    void freeNow(PooledSlot slot) {
        Adapter adapter;
        synchronized (this) {
            adapter = slot.adapter;
            slot.adapter = null;
            slot.state = AdapterState.EVICTED;
        }
        if (adapter != null) {
            adapter.close();
        }
    }
}
