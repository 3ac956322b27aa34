package dev.gorgon.engine.adapter;

import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A slot of an adapter that somebody else owns and keeps in memory.
 *
 * @param identity another one for every adapter that was ever loaded, since its content is not known
 */
record ResidentSlot(Adapter adapter, String identity, AdapterUsage usage) implements AdapterSlot, AdapterLease {

    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final Map<Adapter, Integer> NUMBERS = new WeakHashMap<>();

    static synchronized ResidentSlot of(Adapter adapter) {
        int number = NUMBERS.computeIfAbsent(adapter, unseen -> COUNT.incrementAndGet());
        return new ResidentSlot(adapter, adapter.id() + "#" + number, new AdapterUsage());
    }

    @Override
    public String name() {
        return adapter.id();
    }

    @Override
    public Optional<AdapterLease> tryAcquire() {
        return Optional.of(this);
    }

    @Override
    public void request(Runnable changed) {
        changed.run();
    }

    @Override
    public Optional<AdapterException> failure() {
        return Optional.empty();
    }

    @Override
    public void close() {
        // the owner closes the adapter
    }
}
