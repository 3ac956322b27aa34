package dev.gorgon.server.http;

import java.util.concurrent.atomic.AtomicLong;

/** Memory for bodies that are being received, of all connections together. Thread-safe. */
public final class BodyBudget {
    private final long maxBytes;
    private final AtomicLong used = new AtomicLong();

    /** @param maxBytes of all bodies at a time */
    public BodyBudget(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Takes bytes for a part of a body that has arrived; false if they are not there. */
    boolean tryTake(int bytes) {
        if (used.addAndGet(bytes) > maxBytes) {
            used.addAndGet(-bytes);
            return false;
        }
        return true;
    }

    /** Gives bytes back. */
    void give(long bytes) {
        used.addAndGet(-bytes);
    }

    /** Bytes that are taken. */
    public long used() {
        return used.get();
    }
}
