package dev.gorgon.engine.adapter;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Keeps loads in a row from wearing running requests down: even at the lowest priority they take memory, caches and the moments in
 * which workers wait for each other.
 *
 * @param generating whether requests are running
 */
record LoadPace(BooleanSupplier generating) {

    /** After a load, so many times as long as it took, up to a limit. */
    private static final int REST = 3;

    private static final long MAX_REST_NANOS = 200_000_000L;

    /** To be called by a loader after its work. */
    void rest(long workedNanos) {
        if (generating.getAsBoolean()) {
            LockSupport.parkNanos(Math.min(REST * workedNanos, MAX_REST_NANOS));
        }
    }
}
