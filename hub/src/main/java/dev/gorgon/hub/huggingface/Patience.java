package dev.gorgon.hub.huggingface;

import dev.gorgon.hub.HubException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long to wait for a server, and how often to try again.
 *
 * @param connect until a connection is there, and until an answer begins
 * @param stall until further bytes of an answer arrive
 * @param attempts how often something is tried
 * @param firstPause after the first failure; doubles with each further one, plus or minus a half at random
 * @param longestPause no pause is longer; a server that asks for more is not waited for
 */
public record Patience(Duration connect, Duration stall, int attempts, Duration firstPause, Duration longestPause) {

    /** For servers on the internet. */
    public static final Patience DEFAULT = new Patience(
            Duration.ofSeconds(10), Duration.ofSeconds(30), 5, Duration.ofMillis(500), Duration.ofSeconds(60));

    /** For a question that somebody waits for. */
    Patience brief() {
        Duration pause = Duration.ofSeconds(5);
        return new Patience(
                connect,
                stall.compareTo(connect) < 0 ? stall : connect,
                Math.min(attempts, 3),
                firstPause,
                longestPause.compareTo(pause) < 0 ? longestPause : pause);
    }

    /** Something that may fail for a while. */
    @FunctionalInterface
    interface Attempt<T> {
        T run() throws TransientFailure;
    }

    /**
     * Tries until it succeeds, patience ends, or it fails for good.
     *
     * @throws HubException the last failure
     */
    <T> T insist(Attempt<T> attempt) {
        Failures failures = new Failures();
        while (true) {
            try {
                return attempt.run();
            } catch (TransientFailure e) {
                failures.pauseAfter(e);
            }
        }
    }

    /** Counts failures that follow each other. */
    final class Failures {
        private int count;

        /** There was success in between. */
        void forget() {
            count = 0;
        }

        /** Waits before the next attempt, or ends the matter by throwing. */
        void pauseAfter(TransientFailure failure) {
            count++;
            if (count >= attempts || failure.retryAfter().compareTo(longestPause) > 0) {
                throw failure.lasting();
            }
            double doubled = firstPause.toMillis() * Math.scalb(1.0, Math.min(count - 1, 20));
            double jittered = doubled * ThreadLocalRandom.current().nextDouble(0.5, 1.5);
            long millis = (long) Math.min(jittered, longestPause.toMillis());
            try {
                Thread.sleep(Math.max(millis, failure.retryAfter().toMillis()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw failure.lasting();
            }
        }
    }
}
