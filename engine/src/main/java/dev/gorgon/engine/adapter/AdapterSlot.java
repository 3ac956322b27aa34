package dev.gorgon.engine.adapter;

import java.util.Optional;

/**
 * An adapter that requests refer to, identified by its content. Its weights come and go with the memory budget; the slot stays, so
 * that requests can wait for them in the engine's queue without pinning anything. All methods may be called from any thread, and
 * none of them blocks.
 */
public interface AdapterSlot {

    /** The adapter's identity: a hash of weights, configuration and revision, in hex. */
    String identity();

    /** A name it was asked for by, for messages. */
    String name();

    /**
     * The weights, if they are in memory; they stay there until the lease is closed. Empty when they are not, and also while the
     * adapter has to give way to others that wait for its memory: then no new work should be started with it.
     */
    Optional<AdapterLease> tryAcquire();

    /**
     * Asks for the weights to be brought into memory.
     *
     * @param changed called once, on any thread, when {@link #tryAcquire} may succeed or {@link #failure} has something to say
     */
    void request(Runnable changed);

    /** Why the weights cannot be had; empty while they can, or may. The message is fit for the client. */
    Optional<AdapterException> failure();

    /** What requests have done with it. */
    AdapterUsage usage();

    /** A slot whose weights are always in memory; closing its leases does nothing, the adapter stays the caller's to close. */
    static AdapterSlot resident(Adapter adapter) {
        return ResidentSlot.of(adapter);
    }
}
