package dev.gorgon.client;

import dev.gorgon.client.error.GorgonException;
import dev.gorgon.client.error.RequestInterruptedException;
import dev.gorgon.client.error.UnknownException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Blocking calls. */
final class Waiting {
    private Waiting() {}

    /** The result; an interrupt cancels the call. */
    static <T> T forResult(CompletableFuture<T> call) {
        try {
            return call.get();
        } catch (InterruptedException e) {
            call.cancel(true);
            Thread.currentThread().interrupt();
            throw new RequestInterruptedException("interrupted while waiting for an answer; the request was cancelled");
        } catch (ExecutionException e) {
            throw here(e.getCause() == null ? e : e.getCause());
        }
    }

    /** The failure as the caller's own: with the stack of the thread that waited instead of one of the HTTP client's. */
    static RuntimeException here(Throwable failure) {
        if (failure instanceof GorgonException known) {
            known.fillInStackTrace();
            return known;
        }
        UnknownException unknown = new UnknownException("the call failed unexpectedly: " + failure);
        unknown.initCause(failure);
        return unknown;
    }
}
