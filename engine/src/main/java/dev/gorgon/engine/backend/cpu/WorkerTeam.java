package dev.gorgon.engine.backend.cpu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A fixed team that runs one job at a time on all its threads, the caller being worker 0. Waiting is spinning first — steps of a
 * small model last less than waking a thread does — and parking after that, so that an idle team uses no CPU.
 */
final class WorkerTeam implements AutoCloseable {

    /** Turns of spinning before a waiter gives its core away: some 50 microseconds. */
    private static final int SPINS = 2_000;

    private static final long PARK_NANOS = 50_000;
    /** Distance, in ints, that keeps two counters off one cache line. */
    private static final int LINE = 32;

    private static final int ARRIVED = LINE;
    private static final int PHASE = 2 * LINE;
    private static final int JOB = 3 * LINE;
    private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);

    private final int[] counters = new int[5 * LINE];
    private final Thread[] threads;
    private volatile @Nullable IntConsumer job;
    private volatile @Nullable Throwable failure;
    private volatile boolean closed;
    private volatile boolean idle;

    WorkerTeam(int size) {
        if (size < 1) {
            throw new IllegalArgumentException("a team needs at least one worker, got " + size);
        }
        threads = new Thread[size - 1];
        for (int i = 0; i < threads.length; i++) {
            int rank = i + 1;
            threads[i] =
                    Thread.ofPlatform().name("gorgon-worker-" + rank).daemon().start(() -> work(rank));
        }
    }

    int size() {
        return threads.length + 1;
    }

    /**
     * Runs a job on every worker and returns when all have finished. A failure of one worker releases the others from their
     * barriers and is thrown here.
     */
    void run(IntConsumer newJob) {
        if (closed) {
            throw new IllegalStateException("the worker team is closed");
        }
        failure = null;
        INTS.setVolatile(counters, ARRIVED, 0);
        job = newJob;
        INTS.getAndAdd(counters, JOB, 1);
        if (idle) {
            idle = false;
            for (Thread thread : threads) {
                LockSupport.unpark(thread);
            }
        }
        runShare(newJob, 0);
        finish();
        Throwable thrown = failure;
        if (thrown != null) {
            throw new IllegalStateException("a step failed: " + thrown, thrown);
        }
    }

    /** Waits until all workers have called it equally often in this job. */
    void barrier() {
        if (threads.length == 0) {
            return;
        }
        if (failure != null) {
            throw new Abandoned();
        }
        int phase = (int) INTS.getVolatile(counters, PHASE);
        if ((int) INTS.getAndAdd(counters, ARRIVED, 1) == threads.length) {
            INTS.setVolatile(counters, ARRIVED, 0);
            INTS.setVolatile(counters, PHASE, phase + 1);
            return;
        }
        int spins = 0;
        while ((int) INTS.getVolatile(counters, PHASE) == phase) {
            if (failure != null) {
                throw new Abandoned();
            }
            spins = pause(spins);
        }
    }

    /** A barrier that failures do not break: nobody is inside the job after it. */
    private void finish() {
        int phase = (int) INTS.getVolatile(counters, 4 * LINE);
        if ((int) INTS.getAndAdd(counters, 0, 1) == threads.length) {
            INTS.setVolatile(counters, 0, 0);
            INTS.setVolatile(counters, 4 * LINE, phase + 1);
            return;
        }
        int spins = 0;
        while ((int) INTS.getVolatile(counters, 4 * LINE) == phase) {
            spins = pause(spins);
        }
    }

    private static int pause(int spins) {
        if (spins < SPINS) {
            Thread.onSpinWait();
        } else if (spins < 2 * SPINS) {
            Thread.yield();
        } else {
            LockSupport.parkNanos(PARK_NANOS);
        }
        return spins + 1;
    }

    private void runShare(IntConsumer share, int rank) {
        try {
            share.accept(rank);
        } catch (Abandoned e) {
            // another worker failed and holds the reason
        } catch (Throwable e) {
            failure = e;
        }
    }

    private void work(int rank) {
        int seen = 0;
        while (true) {
            int spins = 0;
            while ((int) INTS.getVolatile(counters, JOB) == seen && !closed) {
                if (spins < SPINS) {
                    Thread.onSpinWait();
                    spins++;
                } else {
                    idle = true;
                    // seen again after the flag is up, so that a job posted in between is not slept through
                    if ((int) INTS.getVolatile(counters, JOB) == seen && !closed) {
                        LockSupport.park(this);
                    }
                }
            }
            if (closed) {
                return;
            }
            seen++;
            IntConsumer share = job;
            if (share != null) {
                runShare(share, rank);
            }
            finish();
        }
    }

    @Override
    public void close() {
        closed = true;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
        }
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** Leaves a job that another worker has broken. */
    private static final class Abandoned extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Abandoned() {
            super(null, null, false, false);
        }
    }
}
