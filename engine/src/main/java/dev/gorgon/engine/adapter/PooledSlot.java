package dev.gorgon.engine.adapter;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A slot whose weights an {@link AdapterPool} brings into memory and evicts. All mutable state is guarded by the pool's lock. */
final class PooledSlot implements AdapterSlot {

    private final String identity;
    private final String name;
    private final long estimatedBytes;
    private final AdapterPool pool;
    private final AdapterUsage usage = new AdapterUsage();

    /** The newest way to load it: the same content may lie in several places, and leave some of them. */
    private volatile AdapterRecipe recipe;

    // guarded by the pool's lock
    AdapterState state = AdapterState.EVICTED;

    @Nullable
    Adapter adapter;

    @Nullable
    Backoff failure;

    final List<Runnable> waiting = new ArrayList<>();
    int leases;
    /** Whether it stands in line for memory. */
    boolean inLine;
    /** Bytes set aside for it: an estimate while it loads, exact when it is ready. */
    long reserved;
    /** Exact bytes, known once it was in memory; 0 before. */
    long knownBytes;
    /** Not part of the budget and never evicted. */
    boolean pinned;
    /** Takes no new work and leaves as soon as nobody uses it: others wait for its memory, or an operator wants it so. */
    boolean leaving;
    /** When the present period of use began. */
    long busySinceNanos;
    /** When a lease was given or taken back last. */
    long lastUseMillis;

    PooledSlot(String identity, String name, long estimatedBytes, AdapterRecipe recipe, AdapterPool pool) {
        this.identity = identity;
        this.name = name;
        this.estimatedBytes = estimatedBytes;
        this.recipe = recipe;
        this.pool = pool;
    }

    /** One counted reference. */
    final class Lease implements AdapterLease {
        private final Adapter leased;
        private final AtomicBoolean closed = new AtomicBoolean();

        Lease(Adapter leased) {
            this.leased = leased;
        }

        @Override
        public Adapter adapter() {
            return leased;
        }

        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                pool.release(PooledSlot.this);
            }
        }
    }

    AdapterRecipe recipe() {
        return recipe;
    }

    void loadFrom(AdapterRecipe newest) {
        recipe = newest;
    }

    long estimatedBytes() {
        return estimatedBytes;
    }

    @Override
    public String identity() {
        return identity;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public AdapterUsage usage() {
        return usage;
    }

    @Override
    public Optional<AdapterLease> tryAcquire() {
        return pool.tryAcquire(this);
    }

    @Override
    public void request(Runnable changed) {
        pool.request(this, changed);
    }

    @Override
    public Optional<AdapterException> failure() {
        return pool.failure(this);
    }

    @Override
    public String toString() {
        return name;
    }
}
