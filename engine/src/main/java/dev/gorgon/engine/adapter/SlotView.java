package dev.gorgon.engine.adapter;

import java.util.Optional;

/** The state of one slot at one moment; see {@link AdapterStatus}. */
record SlotView(
        AdapterState state,
        Optional<Adapter> adapter,
        long bytes,
        boolean pinned,
        int leases,
        long lastUseMillis,
        Optional<AdapterException> failure) {

    /** Call with the lock of the slot's pool. */
    static SlotView of(PooledSlot slot) {
        AdapterState state = slot.inLine && slot.state == AdapterState.EVICTED ? AdapterState.LOADING : slot.state;
        Backoff failure = slot.failure;
        return new SlotView(
                state,
                Optional.ofNullable(slot.adapter),
                slot.knownBytes,
                slot.pinned,
                slot.leases,
                slot.lastUseMillis,
                failure == null || state != AdapterState.FAILED ? Optional.empty() : Optional.of(failure.failure()));
    }
}
