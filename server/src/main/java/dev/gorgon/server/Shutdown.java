package dev.gorgon.server;

import dev.gorgon.server.generate.Intake;
import dev.gorgon.server.http.ApiException;
import io.vertx.core.http.HttpServer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way out: tell everybody, accept for a moment, let running requests finish, end the rest with an error that says why.
 * {@link #hurry} skips what is left of the waiting.
 */
final class Shutdown {
    private static final Logger log = LoggerFactory.getLogger(Shutdown.class);

    /** For clients to take the last words; whoever does not is cut off. */
    private static final Duration FAREWELL = Duration.ofSeconds(2);

    private final Timeouts timeouts;
    private final Intake intake;
    private final CompletableFuture<Void> hurry = new CompletableFuture<>();

    Shutdown(Timeouts timeouts, Intake intake) {
        this.timeouts = timeouts;
        this.intake = intake;
    }

    /** Does not wait any longer for running requests. Any thread, at any time. */
    void hurry() {
        hurry.complete(null);
    }

    /** Blocks until all connections of the server are closed. */
    void run(HttpServer server) throws InterruptedException {
        intake.lifecycle().drain();
        await(hurry, timeouts.drainDelay());
        CompletableFuture<Void> closed = server.shutdown(timeouts.shutdown().plus(FAREWELL))
                .toCompletionStage()
                .toCompletableFuture();
        await(CompletableFuture.anyOf(closed, hurry), timeouts.shutdown());
        if (closed.isDone()) {
            return;
        }
        log.warn(
                "{} requests are ended before they are complete",
                intake.requests().count());
        intake.requests().failAll(ApiException.shuttingDown());
        await(closed, FAREWELL);
    }

    private static void await(CompletableFuture<?> event, Duration patience) throws InterruptedException {
        try {
            event.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            log.debug("not within {}", patience);
        } catch (ExecutionException e) {
            log.warn("the server did not close cleanly", e);
        }
    }
}
