package dev.gorgon.server;

import dev.gorgon.engine.adapter.AdapterSlot;
import dev.gorgon.engine.adapter.AdapterStatus;
import dev.gorgon.engine.adapter.MergeSpec;
import dev.gorgon.engine.adapter.PoolStats;
import dev.gorgon.engine.meter.Distribution;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * What the HTTP server needs from the registry of adapters. All methods may be called from any thread and return at once; the
 * message of a failure (that of the cause, if wrapped) is fit for the client.
 */
public interface Adapters {

    /** The slot of an adapter; completes when its source has agreed to let the caller have it and its content is known. */
    CompletableFuture<AdapterSlot> resolve(AdapterRef adapter);

    /** The same for adapters that are merged into one. */
    CompletableFuture<AdapterSlot> resolveMerged(List<AdapterRef> adapters, MergeSpec spec);

    /** Like {@link #resolve}, and brings the weights into memory: completes when they are there. */
    CompletableFuture<AdapterSlot> load(AdapterRef adapter);

    /**
     * Lets an adapter leave memory once nobody uses it, and forgets what its source said.
     *
     * @return whether any of it was in memory; empty if it is pinned
     */
    Optional<Boolean> unload(AdapterRef adapter);

    /** All adapters that are known. */
    List<AdapterStatus> list();

    /** Use of the memory for adapters; cheap. */
    PoolStats stats();

    /** How long it took to bring adapters into memory; always the same object. */
    Distribution loadTimes();
}
