package dev.gorgon.server.generate;

import dev.gorgon.server.http.ApiException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * How fast requests have been ending lately, and so when another try makes sense for one that is refused: once those that wait
 * now have had their turn. Thread-safe.
 */
public final class Pace {
    private static final int REMEMBERED = 64;
    private static final int MAX_SECONDS = 60;

    private final IntSupplier waiting;
    private final LongSupplier nanoTime;
    private final Deque<Long> ends = new ArrayDeque<>(REMEMBERED + 1);

    /**
     * @param waiting requests that wait now
     * @param nanoTime such as {@link System#nanoTime()}
     */
    public Pace(IntSupplier waiting, LongSupplier nanoTime) {
        this.waiting = waiting;
        this.nanoTime = nanoTime;
    }

    /** A request ended, whatever its fate. */
    synchronized void ended() {
        ends.addLast(nanoTime.getAsLong());
        if (ends.size() > REMEMBERED) {
            ends.removeFirst();
        }
    }

    /** The refusal, with the time after which to come back. */
    ApiException overloaded() {
        return ApiException.overloaded(retryAfterSeconds());
    }

    /** At least a second, at most a minute; a second as long as nothing is known. */
    synchronized int retryAfterSeconds() {
        if (ends.isEmpty()) {
            return 1;
        }
        long span = Math.max(nanoTime.getAsLong() - ends.getFirst(), 1); // up to now: a standstill counts
        double perEnd = (double) span / ends.size();
        double seconds = (waiting.getAsInt() + 1) * perEnd / TimeUnit.SECONDS.toNanos(1);
        return (int) Math.clamp(Math.ceil(seconds), 1, MAX_SECONDS);
    }
}
