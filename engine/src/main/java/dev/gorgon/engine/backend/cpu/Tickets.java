package dev.gorgon.engine.backend.cpu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Hands out pieces of large operations to whoever is free, for cores are not equally fast: another program, or another guest of the
 * same machine, takes its share of one of them. Who computes a piece does not show in its result.
 *
 * <p>Operations are numbered the same by all workers, and there is a barrier after each. The counter of an operation is cleared
 * during the one before it, when nobody uses it: neither anymore nor yet.
 */
final class Tickets {

    private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);
    /** Distance, in ints, that keeps two counters off one cache line. */
    private static final int LINE = 32;

    private static final int COUNTERS = 3;

    private final int[] counters = new int[(COUNTERS + 1) * LINE];

    private static int index(int operation) {
        return (1 + operation % COUNTERS) * LINE;
    }

    /** The next piece of an operation, from 0 on. */
    int take(int operation) {
        return (int) INTS.getAndAdd(counters, index(operation), 1);
    }

    /** Makes the counter of an operation ready; called by one worker, during the operation before. */
    void clear(int operation) {
        INTS.setVolatile(counters, index(operation), 0);
    }

    /** Makes all counters ready; called while no program runs. */
    void clear() {
        for (int i = 0; i < COUNTERS; i++) {
            clear(i);
        }
    }
}
