package dev.gorgon.server;

import java.time.Duration;

/**
 * How long the server is patient.
 *
 * @param keepAlive idle time of an event stream after which a comment is sent
 * @param slowReader how long a stream's reader may leave the send buffer full before the generation is cancelled
 * @param body how long a client may take to send a request body
 * @param shutdown how long running requests may go on after {@link GorgonServer#close()}
 * @param head how long a client may take from opening a connection to the end of its first request's headers
 * @param idle how long a connection may stay without a request after its last one was answered; a next request's headers must
 *     be complete by then
 * @param request how long a request may take from its body to the end of its answer; zero is no limit
 * @param drainDelay how long connections are still accepted after {@link GorgonServer#close()}, so that load balancers see
 *     {@code /health} fail before anything else does
 */
public record Timeouts(
        Duration keepAlive,
        Duration slowReader,
        Duration body,
        Duration shutdown,
        Duration head,
        Duration idle,
        Duration request,
        Duration drainDelay) {

    /**
     * LoRAX's 15 s keep-alive; half a minute for slow readers and headers, one minute for bodies and shutdown, two for
     * connections without requests; requests take as long as they take.
     */
    public static final Timeouts DEFAULT = new Timeouts(
            Duration.ofSeconds(15), Duration.ofSeconds(30), Duration.ofSeconds(60), Duration.ofSeconds(60));

    public Timeouts {
        positive("keepAlive", keepAlive);
        positive("slowReader", slowReader);
        positive("body", body);
        positive("head", head);
        positive("idle", idle);
        notNegative("shutdown", shutdown);
        notNegative("request", request);
        notNegative("drainDelay", drainDelay);
    }

    /** With the defaults for connections, no limit for requests, and no delay of the shutdown. */
    public Timeouts(Duration keepAlive, Duration slowReader, Duration body, Duration shutdown) {
        this(
                keepAlive,
                slowReader,
                body,
                shutdown,
                Duration.ofSeconds(30),
                Duration.ofSeconds(120),
                Duration.ZERO,
                Duration.ZERO);
    }

    /** The same with another patience for connections without a complete request: before the first, and after an answer. */
    public Timeouts withConnections(Duration newHead, Duration newIdle) {
        return new Timeouts(keepAlive, slowReader, body, shutdown, newHead, newIdle, request, drainDelay);
    }

    /** The same with another limit for requests; zero is none. */
    public Timeouts withRequest(Duration newRequest) {
        return new Timeouts(keepAlive, slowReader, body, shutdown, head, idle, newRequest, drainDelay);
    }

    /** The same with another way to stop: accept for the first duration, finish within the second. */
    public Timeouts withShutdown(Duration newDrainDelay, Duration newShutdown) {
        return new Timeouts(keepAlive, slowReader, body, newShutdown, head, idle, request, newDrainDelay);
    }

    private static void positive(String name, Duration value) {
        if (!value.isPositive()) {
            throw new ServerException("timeout %s must be positive, got %s".formatted(name, value));
        }
    }

    private static void notNegative(String name, Duration value) {
        if (value.isNegative()) {
            throw new ServerException("timeout %s must not be negative, got %s".formatted(name, value));
        }
    }
}
