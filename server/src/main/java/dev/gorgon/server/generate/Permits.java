package dev.gorgon.server.generate;

import dev.gorgon.server.http.ApiException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/** How many generations may be queued or running (LoRAX contract, section 8.1). Thread-safe. */
public final class Permits {
    private final Semaphore free;
    private final Pace pace;

    /**
     * @param total generations in flight at most
     * @param pace how fast requests have been ending
     */
    public Permits(int total, Pace pace) {
        this.free = new Semaphore(total);
        this.pace = pace;
    }

    /**
     * All of the permits at once.
     *
     * @throws ApiException 429 if there are not as many
     */
    Permit acquire(int count) {
        if (!free.tryAcquire(count)) {
            throw pace.overloaded();
        }
        return new Permit(count);
    }

    /** Permits nobody holds. */
    public int available() {
        return free.availablePermits();
    }

    /** Permits of one request. */
    final class Permit {
        private final int count;
        private final AtomicBoolean released = new AtomicBoolean();

        private Permit(int count) {
            this.count = count;
        }

        /** Gives them back; only the first call counts. */
        void release() {
            if (released.compareAndSet(false, true)) {
                free.release(count);
                pace.ended();
            }
        }
    }
}
