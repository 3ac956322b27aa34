package dev.gorgon.server.generate;

import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/** How many generations may be queued or running (LoRAX contract, section 8.1). Thread-safe. */
public final class Permits {
    private final Semaphore free;

    /** @param total generations in flight at most */
    public Permits(int total) {
        this.free = new Semaphore(total);
    }

    /** All of the permits at once, or none. */
    Optional<Permit> tryAcquire(int count) {
        return free.tryAcquire(count) ? Optional.of(new Permit(count)) : Optional.empty();
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
            }
        }
    }
}
