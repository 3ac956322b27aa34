package dev.gorgon.client;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The future of a call, which stops what is under way for it when it is cancelled or failed from outside. Futures derived from it
 * (with {@code thenApply} and the like) do not pass a cancellation on.
 */
final class Call<T> extends CompletableFuture<T> {
    private @Nullable Runnable stop;

    Call() {
        whenComplete((value, failure) -> {
            if (failure != null) {
                stop();
            }
        });
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new CompletableFuture<>();
    }

    /** Replaces what a cancellation stops; stops it at once if the call was cancelled before. */
    void stopsWith(Runnable action) {
        synchronized (this) {
            stop = action;
        }
        if (isCompletedExceptionally()) {
            stop();
        }
    }

    private void stop() {
        Runnable action;
        synchronized (this) {
            action = stop;
            stop = null;
        }
        if (action != null) {
            action.run();
        }
    }
}
