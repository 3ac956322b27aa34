package dev.gorgon.engine.adapter;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What is known of one name: which slot it stands for, since when, and what went wrong. Guarded by itself. */
final class NamedAdapter {

    private final AdapterOrigin.Name name;
    private @Nullable Known known;
    private @Nullable Backoff failure;
    private @Nullable CompletableFuture<Known> checking;
    private boolean downloading;

    NamedAdapter(AdapterOrigin.Name name) {
        this.name = name;
    }

    /** An answer of the source. */
    record Known(AdapterOrigin.Version version, PooledSlot slot, long checkedNanos) {}

    AdapterOrigin.Name name() {
        return name;
    }

    synchronized Optional<Known> known() {
        return Optional.ofNullable(known);
    }

    synchronized Optional<AdapterException> failure() {
        return Optional.ofNullable(failure).map(Backoff::failure);
    }

    synchronized boolean isChecking() {
        return checking != null;
    }

    synchronized boolean isDownloading() {
        return downloading;
    }

    synchronized void downloading(boolean now) {
        downloading = now;
    }

    /** What to do with a request for this name. */
    sealed interface Decision {

        /** Serve it with what is known. */
        record Serve(Known known) implements Decision {}

        /** Serve it with what is known, and ask the source meanwhile; the future is to be completed with its answer. */
        record ServeAndCheck(Known known, CompletableFuture<Known> check) implements Decision {}

        /** Refuse it. */
        record Refuse(AdapterException failure) implements Decision {}

        /** Wait for the answer that somebody else asked for. */
        record Join(CompletableFuture<Known> check) implements Decision {}

        /** Ask the source; the future is to be completed with its answer. */
        record Check(CompletableFuture<Known> check) implements Decision {}
    }

    /**
     * Decides about a request. Content that anybody may have is served while the source is asked again; content that is not, only
     * after it has agreed.
     */
    synchronized Decision decide(AdapterOrigin.Freshness freshness, long recheckNanos, long now) {
        Known current = known;
        CompletableFuture<Known> running = checking;
        Backoff last = failure;
        if (current != null && freshness != AdapterOrigin.Freshness.ASK_ALWAYS) {
            boolean fresh = freshness == AdapterOrigin.Freshness.FOREVER || now - current.checkedNanos < recheckNanos;
            if (fresh) {
                return new Decision.Serve(current);
            }
            if (!current.version.restricted()) {
                boolean wait = running != null || (last != null && !last.isOver(now));
                return wait ? new Decision.Serve(current) : new Decision.ServeAndCheck(current, begin());
            }
        }
        if (running != null && freshness != AdapterOrigin.Freshness.ASK_ALWAYS) {
            return new Decision.Join(running);
        }
        if (last != null && !last.isOver(now) && freshness != AdapterOrigin.Freshness.ASK_ALWAYS) {
            return new Decision.Refuse(last.failure());
        }
        return new Decision.Check(begin());
    }

    private CompletableFuture<Known> begin() {
        CompletableFuture<Known> check = new CompletableFuture<>();
        checking = check;
        return check;
    }

    /** The source has answered. */
    synchronized void succeeded(CompletableFuture<Known> check, Known answer) {
        ended(check);
        known = answer;
        failure = null;
    }

    /** The source refuses, or could not be asked; then what anybody may have goes on being served. */
    synchronized void failed(CompletableFuture<Known> check, AdapterException cause, long now) {
        ended(check);
        failure = Backoff.after(cause, failure == null ? 0 : failure.failures(), now);
        boolean unreachable = cause.code() == AdapterException.Code.ADAPTER_UNAVAILABLE;
        if (known != null && !(unreachable && !known.version.restricted())) {
            known = null;
        }
    }

    private void ended(CompletableFuture<Known> check) {
        downloading = false;
        if (checking == check) {
            checking = null;
        }
    }

    /** Asks the source at the next request. */
    synchronized void forget() {
        known = null;
        failure = null;
    }
}
