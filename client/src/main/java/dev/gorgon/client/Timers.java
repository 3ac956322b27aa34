package dev.gorgon.client;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Waiting, so that tests need not. A future that is cancelled lets go of its timer. */
interface Timers {

    /** Completes when a pause between two tries is over. */
    CompletableFuture<Void> pause(Duration pause);

    /** Completes when a time limit has passed. */
    CompletableFuture<Void> limit(Duration limit);

    /** The clock of this machine. */
    static Timers system() {
        return new Timers() {
            @Override
            public CompletableFuture<Void> pause(Duration pause) {
                return after(pause);
            }

            @Override
            public CompletableFuture<Void> limit(Duration limit) {
                return after(limit);
            }

            private CompletableFuture<Void> after(Duration time) {
                // saturates: a limit of centuries is no limit, not an overflow
                return new CompletableFuture<Void>()
                        .completeOnTimeout(null, TimeUnit.NANOSECONDS.convert(time), TimeUnit.NANOSECONDS);
            }
        };
    }
}
