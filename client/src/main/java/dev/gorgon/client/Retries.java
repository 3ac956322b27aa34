package dev.gorgon.client;

import dev.gorgon.client.error.ConnectionException;
import dev.gorgon.client.error.GorgonException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/** Tries until one succeeds or the policy gives up. */
final class Retries {
    private final RetryPolicy policy;
    private final Timers timers;
    private final DoubleSupplier chance;

    /** @param chance from 0 up to 1, new at each call */
    Retries(RetryPolicy policy, Timers timers, DoubleSupplier chance) {
        this.policy = policy;
        this.timers = timers;
        this.chance = chance;
    }

    /**
     * Runs tries one after the other; a cancellation stops the one under way.
     *
     * @param attempt begins a try
     * @param discard takes a result that came too late for a call that was cancelled
     */
    <T> Call<T> run(Supplier<Call<T>> attempt, Consumer<T> discard) {
        Call<T> call = new Call<>();
        new Series<>(call, attempt, discard).next(0);
        return call;
    }

    /** The failure itself, without the wrappers of futures. */
    static Throwable unwrap(Throwable failure) {
        Throwable cause = failure.getCause();
        return failure instanceof CompletionException && cause != null ? cause : failure;
    }

    /** The tries of one call. */
    private final class Series<T> {
        private final Call<T> call;
        private final Supplier<Call<T>> attempt;
        private final Consumer<T> discard;

        Series(Call<T> call, Supplier<Call<T>> attempt, Consumer<T> discard) {
            this.call = call;
            this.attempt = attempt;
            this.discard = discard;
        }

        void next(int retries) {
            if (call.isDone()) {
                return;
            }
            Call<T> running = attempt.get();
            call.stopsWith(() -> running.cancel(true));
            running.whenComplete((value, failure) -> {
                if (failure != null) {
                    failed(unwrap(failure), retries);
                } else if (!call.complete(value)) {
                    discard.accept(value);
                }
            });
        }

        private void failed(Throwable failure, int retries) {
            Optional<Duration> pause = failure instanceof GorgonException known
                    ? policy.pause(known, retries, chance.getAsDouble())
                    : Optional.empty();
            if (pause.isEmpty()) {
                call.completeExceptionally(failure);
                return;
            }
            CompletableFuture<Void> wait = timers.pause(pause.get());
            call.stopsWith(() -> wait.cancel(false));
            wait.thenRunAsync(() -> again(retries + 1));
        }

        private void again(int retries) {
            try {
                next(retries);
            } catch (RuntimeException e) { // there is no caller to tell
                call.completeExceptionally(new ConnectionException("the request could not be sent again: " + e, e));
            }
        }
    }
}
