package dev.gorgon.engine.adapter;

import java.util.concurrent.TimeUnit;

/**
 * When something that failed may be tried again: after a second, then twice as long each time, up to a minute.
 *
 * @param failure what to answer until then
 * @param failures how often it failed in a row
 * @param retryNanos when the next attempt may begin, in {@link System#nanoTime}
 */
record Backoff(AdapterException failure, int failures, long retryNanos) {

    private static final long FIRST_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int DOUBLINGS = 6;

    /** After another failure, {@code failures} having come before it. */
    static Backoff after(AdapterException failure, int failures, long nowNanos) {
        long wait = FIRST_NANOS << Math.min(failures, DOUBLINGS);
        return new Backoff(failure, failures + 1, nowNanos + Math.min(wait, TimeUnit.MINUTES.toNanos(1)));
    }

    boolean isOver(long nowNanos) {
        return nowNanos - retryNanos >= 0;
    }
}
