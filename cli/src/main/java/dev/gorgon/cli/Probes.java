package dev.gorgon.cli;

import dev.gorgon.demo.EmbeddedDemo;
import dev.gorgon.engine.adapter.AdapterLease;
import dev.gorgon.engine.adapter.AdapterSlot;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.Engine;
import dev.gorgon.engine.schedule.HeadProbe;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Tries every Medusa adapter out when it is loaded first: heads that guess nothing right are worth a warning. */
final class Probes {

    /** Guarded by this. */
    private final List<AdapterSlot> early = new ArrayList<>();

    private volatile Optional<Engine> engine = Optional.empty();

    /** Whether requests are running. */
    boolean generating() {
        return engine.isPresent() && engine.get().stats().running() > 0;
    }

    /** An adapter is in memory for the first time. Any thread; returns at once. */
    void loaded(AdapterSlot slot) {
        if (!EmbeddedDemo.names().contains(slot.name()) && hasHeads(slot)) {
            probe(slot);
        }
    }

    private static boolean hasHeads(AdapterSlot slot) {
        Optional<AdapterLease> lease = slot.tryAcquire();
        lease.ifPresent(AdapterLease::close);
        return lease.isPresent() && lease.get().adapter().medusa().isPresent();
    }

    private synchronized void probe(AdapterSlot slot) {
        if (engine.isPresent()) {
            HeadProbe.start(engine.get(), AdapterSelection.of(slot), slot.name());
        } else {
            early.add(slot);
        }
    }

    /** The engine runs now; those that were loaded before it come first. */
    synchronized void begin(Engine running) {
        engine = Optional.of(running);
        early.forEach(this::probe);
        early.clear();
    }
}
