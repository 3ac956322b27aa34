package dev.gorgon.server.generate;

import dev.gorgon.engine.schedule.Generation;
import dev.gorgon.server.http.ApiException;
import dev.gorgon.server.metrics.RequestMetrics;
import io.vertx.core.Context;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one request holds while it is served: its permit and its generations. It ends exactly once, as a success, a failure or
 * because the client went away, and then gives everything back. Confined to the request's event loop, except {@link #run} and
 * {@link #isOver}.
 */
public final class LiveRequest {
    private static final Logger log = LoggerFactory.getLogger(LiveRequest.class);

    private final long receivedNanos = System.nanoTime();
    private final Context context;
    private final RequestMetrics metrics;
    private final AtomicBoolean over = new AtomicBoolean();
    private final List<Generation> generations = new ArrayList<>();
    private final HttpServerRequest request;
    private final List<Runnable> givenBack = new ArrayList<>();
    private Consumer<ApiException> refusal = error -> {};
    private Runnable whenGone = () -> {};

    private LiveRequest(Context context, HttpServerRequest request, RequestMetrics metrics) {
        this.context = context;
        this.request = request;
        this.metrics = metrics;
    }

    /** Starts watching the client of this request; call on its event loop. */
    public static LiveRequest watch(Context context, HttpServerRequest request, RequestMetrics metrics) {
        LiveRequest live = new LiveRequest(context, request, metrics);
        HttpServerResponse response = request.response();
        // A broken connection shows up as either of the two, or as both.
        response.exceptionHandler(broken -> live.abandon());
        response.closeHandler(closed -> live.abandon());
        return live;
    }

    /** How to answer with an error nobody expected, for as long as it is not handed to the service. */
    public void onCrash(Consumer<ApiException> handler) {
        refusal = handler;
    }

    /**
     * Adds it to the requests that are served.
     *
     * @param handler how to answer with an error that comes from outside, or one that nobody expected in {@link #run}
     */
    void register(LiveRequests requests, Consumer<ApiException> handler) {
        onCrash(handler);
        requests.add(this);
        atEnd(() -> requests.remove(this));
    }

    /**
     * Limits the time until the answer is complete.
     *
     * @throws ApiException 422 if the client's own limit makes no sense
     */
    void limitTime(Duration serverWide) {
        RequestTimeout.of(request, serverWide).ifPresent(limit -> {
            long millis = limit.toMillis();
            long timer =
                    context.owner().setTimer(millis, id -> runGuarded(() -> giveUp(ApiException.timedOut(millis))));
            atEnd(() -> context.owner().cancelTimer(timer));
        });
    }

    /** Ends it with an error from outside; call on its event loop. */
    void giveUp(ApiException error) {
        refusal.accept(error);
    }

    /** What to clean up when the client goes away. */
    public void onGone(Runnable handler) {
        whenGone = handler;
    }

    /** When the request was read, by {@link System#nanoTime()}. */
    public long receivedNanos() {
        return receivedNanos;
    }

    /** Whether the answer is complete or nobody waits for it. Any thread. */
    public boolean isOver() {
        return over.get();
    }

    /** Runs a task on the request's event loop, unless the request is over by then. Any thread; never blocks. */
    public void run(Runnable task) {
        try {
            context.runOnContext(ignored -> runGuarded(task));
        } catch (RejectedExecutionException e) {
            // The server was closed: its event loops are gone, and so are its clients.
            log.debug("event for a closed server dropped", e);
        }
    }

    private void runGuarded(Runnable task) {
        if (over.get()) {
            return;
        }
        try {
            task.run();
        } catch (RuntimeException e) {
            log.error("request failed unexpectedly", e);
            refusal.accept(ApiException.internal());
        }
    }

    /** What to give back when it ends, in any way; at once if it has ended. */
    void atEnd(Runnable giveBack) {
        if (over.get()) {
            giveBack.run();
        } else {
            givenBack.add(giveBack);
        }
    }

    void add(Generation generation) {
        generations.add(generation);
    }

    /** The answer is complete. False if the request was over before. */
    public boolean succeed() {
        return end(false);
    }

    /** The request failed; what still runs for it is cancelled. False if it was over before. */
    public boolean fail(ApiException error) {
        if (!end(true)) {
            return false;
        }
        metrics.failed(error.failure());
        if (error.status() == 500 || error.getCause() != null) {
            log.warn("request failed: {}", error.getMessage());
        }
        return true;
    }

    /** The client is gone: nobody will read an answer. */
    public void abandon() {
        if (end(true)) {
            metrics.failed("dropped");
            whenGone.run();
        }
    }

    private boolean end(boolean cancel) {
        if (!over.compareAndSet(false, true)) {
            return false;
        }
        if (cancel) {
            generations.forEach(Generation::cancel);
        }
        givenBack.forEach(Runnable::run);
        return true;
    }
}
