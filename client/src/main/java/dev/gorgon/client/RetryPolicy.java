package dev.gorgon.client;

import dev.gorgon.client.error.ConnectionException;
import dev.gorgon.client.error.GorgonException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * When and how soon a call is tried again. Failures to connect, connections that broke before the answer, and some statuses are
 * tried again; time limits are not, for the server may still be at work. A stream is never tried again once a part of it was
 * delivered.
 *
 * @param maxRetries how often, 0 for never
 * @param baseDelay before the first retry; each further one waits twice as long
 * @param maxDelay the longest wait; if the server asks to wait longer, the failure is reported instead
 * @param jitter the share of the wait that is random, from 0 to 1: many clients then do not come back all at once
 * @param statuses which answers are tried again
 */
public record RetryPolicy(int maxRetries, Duration baseDelay, Duration maxDelay, double jitter, Set<Integer> statuses) {

    private static final int MAX_DOUBLINGS = 30;

    /** @throws IllegalArgumentException if a value makes no sense */
    public RetryPolicy {
        if (maxRetries < 0 || baseDelay.isNegative() || maxDelay.isNegative()) {
            throw new IllegalArgumentException("numbers and delays of retries must not be negative");
        }
        if (!(jitter >= 0 && jitter <= 1)) {
            throw new IllegalArgumentException("jitter must be from 0 to 1, got " + jitter);
        }
        statuses = Set.copyOf(statuses);
    }

    /** Two retries after a quarter and half a second (less up to half of it), for 429, 502, 503 and 504. */
    public static RetryPolicy standard() {
        return new RetryPolicy(2, Duration.ofMillis(250), Duration.ofSeconds(10), 0.5, Set.of(429, 502, 503, 504));
    }

    /** Every failure is reported at once. */
    public static RetryPolicy none() {
        return standard().withMaxRetries(0);
    }

    /** The same with another number of retries. */
    public RetryPolicy withMaxRetries(int number) {
        return new RetryPolicy(number, baseDelay, maxDelay, jitter, statuses);
    }

    /** The same with other delays. */
    public RetryPolicy withDelays(Duration base, Duration max) {
        return new RetryPolicy(maxRetries, base, max, jitter, statuses);
    }

    /** The same with another share of chance. */
    public RetryPolicy withJitter(double share) {
        return new RetryPolicy(maxRetries, baseDelay, maxDelay, share, statuses);
    }

    /** The same for other statuses. */
    public RetryPolicy withStatuses(Set<Integer> others) {
        return new RetryPolicy(maxRetries, baseDelay, maxDelay, jitter, others);
    }

    /**
     * How long to wait before the next try; empty if there is none.
     *
     * @param retries how many there were
     * @param chance from 0 up to 1
     */
    Optional<Duration> pause(GorgonException failure, int retries, double chance) {
        boolean passing = failure instanceof ConnectionException || statuses.contains(failure.status());
        Duration asked = failure.retryAfter().orElse(Duration.ZERO);
        if (!passing || retries >= maxRetries || asked.compareTo(maxDelay) > 0) {
            return Optional.empty();
        }
        double growth = 1L << Math.min(retries, MAX_DOUBLINGS);
        double millis = Math.min(baseDelay.toMillis() * growth, maxDelay.toMillis()) * (1 - jitter * chance);
        Duration own = Duration.ofMillis(Math.round(millis));
        return Optional.of(own.compareTo(asked) < 0 ? asked : own);
    }
}
