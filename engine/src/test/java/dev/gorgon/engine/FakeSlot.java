package dev.gorgon.engine;

import dev.gorgon.engine.adapter.Adapter;
import dev.gorgon.engine.adapter.AdapterException;
import dev.gorgon.engine.adapter.AdapterLease;
import dev.gorgon.engine.adapter.AdapterSlot;
import dev.gorgon.engine.adapter.AdapterUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** A slot whose weights come and go when the test says so; it counts what the engine does with it. */
final class FakeSlot implements AdapterSlot {

    private final String identity;
    private Adapter adapter;
    private final AdapterUsage usage = new AdapterUsage();
    private final List<Runnable> callbacks = new ArrayList<>();
    private boolean resident;
    private Optional<AdapterException> failure = Optional.empty();
    private int acquired;
    private int open;
    private int closedTwice;
    private int requests;

    FakeSlot(String identity, Adapter adapter) {
        this.identity = identity;
        this.adapter = adapter;
    }

    @Override
    public String identity() {
        return identity;
    }

    @Override
    public synchronized String name() {
        return adapter.id();
    }

    @Override
    public synchronized Optional<AdapterLease> tryAcquire() {
        if (!resident) {
            return Optional.empty();
        }
        acquired++;
        open++;
        Adapter given = adapter;
        AtomicBoolean closed = new AtomicBoolean();
        return Optional.of(new AdapterLease() {
            @Override
            public Adapter adapter() {
                return given;
            }

            @Override
            public void close() {
                release(closed.getAndSet(true));
            }
        });
    }

    private synchronized void release(boolean again) {
        if (again) {
            closedTwice++;
        } else {
            open--;
        }
    }

    @Override
    public synchronized void request(Runnable changed) {
        requests++;
        callbacks.add(changed);
    }

    @Override
    public synchronized Optional<AdapterException> failure() {
        return failure;
    }

    @Override
    public AdapterUsage usage() {
        return usage;
    }

    /** Weights just loaded arrive. */
    void load(Adapter loaded) {
        synchronized (this) {
            adapter = loaded;
        }
        load();
    }

    /** The weights arrive. */
    void load() {
        List<Runnable> waiting;
        synchronized (this) {
            resident = true;
            waiting = takeCallbacks();
        }
        waiting.forEach(Runnable::run);
    }

    /** Loading fails. */
    void fail(AdapterException reason) {
        List<Runnable> waiting;
        synchronized (this) {
            failure = Optional.of(reason);
            waiting = takeCallbacks();
        }
        waiting.forEach(Runnable::run);
    }

    /** The weights go away, unless they are in use. */
    synchronized boolean evict() {
        boolean evicted = resident && open == 0;
        resident &= !evicted;
        return evicted;
    }

    private List<Runnable> takeCallbacks() {
        List<Runnable> waiting = List.copyOf(callbacks);
        callbacks.clear();
        return waiting;
    }

    /** Whether somebody waits for the weights. */
    synchronized boolean isAwaited() {
        return !callbacks.isEmpty();
    }

    /** Leases given out so far. */
    synchronized int acquired() {
        return acquired;
    }

    /** Leases not yet closed. */
    synchronized int open() {
        return open;
    }

    synchronized int closedTwice() {
        return closedTwice;
    }

    /** How often the weights were asked for. */
    synchronized int requests() {
        return requests;
    }
}
