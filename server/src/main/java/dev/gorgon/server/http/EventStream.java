package dev.gorgon.server.http;

import dev.gorgon.server.ServerConfig;
import dev.gorgon.server.Timeouts;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.time.Duration;

/**
 * Server-sent events on one response (LoRAX contract, section 1.8): status 200, each event one {@code data:} line and an empty
 * line, a comment when nothing was sent for a while. Confined to the response's event loop. A reader that leaves the send
 * buffer full for too long is reported once; so is one that leaves too many bytes unread, whatever the time.
 */
public final class EventStream {
    private static final Buffer KEEP_ALIVE = Buffer.buffer(":\n\n");

    private final Vertx vertx;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final Timeouts timeouts;
    private final int maxUnreadBytes;
    private final Runnable slowReader;
    private long unreadBytes;
    private long keepAliveTimer = -1;
    private long slowReaderTimer = -1;
    private long lastWriteNanos;
    private boolean closed;

    /** @param slowReader called once if the client stops reading; the stream is closed by then */
    public EventStream(Vertx vertx, HttpServerRequest request, ServerConfig config, Runnable slowReader) {
        this.vertx = vertx;
        this.request = request;
        this.response = request.response();
        this.timeouts = config.timeouts();
        this.maxUnreadBytes = config.connections().maxUnreadBytes();
        this.slowReader = slowReader;
    }

    /** Sends the head at once, so that the client knows it was understood; extra headers must be set before. */
    public void open() {
        response.setStatusCode(200)
                .putHeader("content-type", "text/event-stream")
                .putHeader("cache-control", "no-cache");
        response.drainHandler(drained -> cancelSlowReader());
        if (request.version() != HttpVersion.HTTP_1_0) { // those clients know no chunks, which this would announce
            response.setChunked(true).writeHead();
        }
        lastWriteNanos = System.nanoTime();
        armKeepAlive(timeouts.keepAlive());
    }

    /** Appends one event to a batch that is later sent with one write. */
    public static void append(StringBuilder batch, String json) {
        batch.append("data: ").append(json).append("\n\n");
    }

    /** Sends a batch of events. */
    public void send(StringBuilder batch) {
        if (!closed && !batch.isEmpty()) {
            write(Buffer.buffer(batch.toString()));
        }
    }

    /** Sends a last batch of events and ends the response. */
    public void end(StringBuilder batch) {
        if (!closed) {
            close();
            Future<Void> sent = response.end(batch.toString());
            if (request.version() == HttpVersion.HTTP_1_0) {
                // The end of the connection is the end of the stream, whatever the client asked for.
                sent.onComplete(done -> request.connection().close());
            }
        }
    }

    /** Stops all timers; nothing is sent any more. For clients that are gone. */
    public void close() {
        closed = true;
        vertx.cancelTimer(keepAliveTimer);
        cancelSlowReader();
    }

    private void write(Buffer bytes) {
        lastWriteNanos = System.nanoTime();
        int length = bytes.length();
        unreadBytes += length;
        response.write(bytes).onComplete(sent -> unreadBytes -= length);
        if (unreadBytes > maxUnreadBytes) {
            giveUp();
        } else if (response.writeQueueFull() && slowReaderTimer < 0) {
            slowReaderTimer = vertx.setTimer(timeouts.slowReader().toMillis(), id -> giveUp());
        }
    }

    private void giveUp() {
        close();
        slowReader.run();
    }

    /** One timer per stream that looks back at the last write, instead of a new timer per token. */
    private void armKeepAlive(Duration delay) {
        keepAliveTimer = vertx.setTimer(Math.max(1, delay.toMillis()), id -> {
            Duration left = timeouts.keepAlive().minusNanos(System.nanoTime() - lastWriteNanos);
            if (left.toMillis() > 0) {
                armKeepAlive(left);
                return;
            }
            // A client that does not even take the buffered events needs no further sign of life.
            if (!response.writeQueueFull()) {
                write(KEEP_ALIVE.copy());
            }
            armKeepAlive(timeouts.keepAlive());
        });
    }

    private void cancelSlowReader() {
        if (slowReaderTimer >= 0) {
            vertx.cancelTimer(slowReaderTimer);
            slowReaderTimer = -1;
        }
    }
}
