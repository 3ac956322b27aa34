package dev.gorgon.engine.adapter;

import java.util.Optional;

/** A slot of an adapter that somebody else owns and keeps in memory. */
record ResidentSlot(Adapter adapter, AdapterUsage usage) implements AdapterSlot, AdapterLease {

    @Override
    public String identity() {
        return adapter.id();
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
