package dev.gorgon.engine.adapter;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Who has how much of the memory for adapters, and who has to go when others need it: first those that nobody uses, least recently
 * used first; then, when their cycle time is over, those that have been in use longest, as soon as their last user is done (spec
 * lorax-contract.md §2.10). Guarded by the lock of its {@link AdapterPool}.
 */
final class MemoryBudget {

    /** Who asked for an adapter has so much time to use it, before it may be evicted for the next one in line. */
    private static final long PICK_UP_NANOS = 200_000_000L;

    private final RegistryLimits limits;
    /** In memory and not in use, least recently used first. */
    private final Set<PooledSlot> idle = new LinkedHashSet<>();
    /** In memory and in use, or about to be, longest first. */
    private final Set<PooledSlot> busy = new LinkedHashSet<>();

    private long reservedBytes;
    private int active;
    /** Of these, what is being freed. */
    private long freeingBytes;

    private int freeing;

    MemoryBudget(RegistryLimits limits) {
        this.limits = limits;
    }

    /** Bytes in memory, on the way into it or being freed. */
    long reservedBytes() {
        return reservedBytes;
    }

    /** Adapters in memory, on the way into it or being freed. */
    int active() {
        return active;
    }

    /** Sets bytes aside for a slot that is about to be in memory. */
    void reserve(PooledSlot slot, long bytes) {
        slot.reserved = bytes;
        reservedBytes += bytes;
        active++;
    }

    /** Takes back what was set aside for a slot. */
    void drop(PooledSlot slot) {
        idle.remove(slot);
        busy.remove(slot);
        reservedBytes -= slot.reserved;
        active--;
        slot.reserved = 0;
    }

    /** A slot is about to leave memory; its bytes are not free before {@link #endFree}. */
    void beginFree(PooledSlot slot) {
        idle.remove(slot);
        busy.remove(slot);
        freeingBytes += slot.reserved;
        freeing++;
        slot.reserved = 0;
    }

    /** Bytes are free again. */
    void endFree(long bytes) {
        freeingBytes -= bytes;
        freeing--;
        reservedBytes -= bytes;
        active--;
    }

    /** A slot in memory has its first user, or has just come for somebody who is about to use it. */
    void used(PooledSlot slot, long nowNanos) {
        slot.busySinceNanos = nowNanos;
        idle.remove(slot);
        busy.remove(slot);
        busy.add(slot);
    }

    /** A slot in memory has no user any more. */
    void unused(PooledSlot slot) {
        busy.remove(slot);
        idle.add(slot);
    }

    /** Bytes that loading a slot will take. An estimate that is too high must not refuse what would fit. */
    long expectedBytes(PooledSlot slot) {
        return slot.knownBytes > 0
                ? slot.knownBytes
                : Math.clamp(slot.estimatedBytes(), 1, Math.max(1, limits.memoryBytes()));
    }

    /** Why a slot of so many bytes can never be in memory. */
    Optional<AdapterException> refusal(PooledSlot slot, long bytes) {
        if (limits.memoryBytes() == 0 || limits.maxActive() == 0) {
            return Optional.of(new AdapterException(
                    AdapterException.Code.ADAPTER_TOO_LARGE,
                    "Memory reserved for adapters is 0. Please set a memory reservation for adapters."));
        }
        if (bytes > limits.memoryBytes()) {
            return Optional.of(new AdapterException(
                    AdapterException.Code.ADAPTER_TOO_LARGE,
                    "Adapter " + slot.name() + " is larger than adapter memory reservation: " + bytes + " / "
                            + limits.memoryBytes() + " bytes"));
        }
        return Optional.empty();
    }

    /** Whether so many bytes fit once others have left. */
    private boolean fits(long bytes, long leavingBytes, int leaving) {
        return reservedBytes - leavingBytes + bytes <= limits.memoryBytes() && active - leaving < limits.maxActive();
    }

    /** There is room now. */
    static final long ROOM = 0;

    /** There will be room when somebody gives way, of which the pool hears. */
    static final long LATER = -1;

    /**
     * Makes room for so many bytes, or sees to it that there will be.
     *
     * @param evict takes a slot that nobody uses out of memory; its bytes may be free at once or later
     * @return {@link #ROOM}, {@link #LATER}, or after how many nanoseconds to ask again
     */
    long makeRoom(long bytes, long nowNanos, Consumer<PooledSlot> evict) {
        while (!fits(bytes, freeingBytes, freeing) && !idle.isEmpty()) {
            evict.accept(idle.iterator().next());
        }
        if (fits(bytes, 0, 0)) {
            return ROOM;
        }
        long leavingBytes = freeingBytes;
        int leaving = freeing;
        long soonest = Long.MAX_VALUE;
        for (PooledSlot slot : List.copyOf(busy)) {
            if (!slot.leaving) {
                if (fits(bytes, leavingBytes, leaving)) {
                    return LATER;
                }
                long left = slot.busySinceNanos + patience(slot) - nowNanos;
                if (left > 0) {
                    soonest = Math.min(soonest, left);
                    continue;
                }
                slot.leaving = true;
            }
            leavingBytes += slot.reserved;
            leaving++;
            if (slot.leases == 0) {
                evict.accept(slot);
            }
        }
        return fits(bytes, leavingBytes, leaving) || soonest == Long.MAX_VALUE ? LATER : soonest;
    }

    /** How long a slot may stay while others wait. */
    private long patience(PooledSlot slot) {
        long cycle = limits.cycleTime().toNanos();
        return slot.leases == 0 ? Math.max(cycle, PICK_UP_NANOS) : cycle;
    }
}
