package dev.gorgon.server;

import java.time.Duration;

/**
 * How long the server is patient.
 *
 * @param keepAlive idle time of an event stream after which a comment is sent
 * @param slowReader how long a stream's reader may leave the send buffer full before the generation is cancelled
 * @param body how long a client may take to send a request body
 * @param shutdown how long running requests may go on after {@link GorgonServer#close()}
 */
public record Timeouts(Duration keepAlive, Duration slowReader, Duration body, Duration shutdown) {

    /** LoRAX's 15 s keep-alive; half a minute for slow readers, one minute for bodies and shutdown. */
    public static final Timeouts DEFAULT = new Timeouts(
            Duration.ofSeconds(15), Duration.ofSeconds(30), Duration.ofSeconds(60), Duration.ofSeconds(60));

    public Timeouts {
        if (!keepAlive.isPositive() || !slowReader.isPositive() || !body.isPositive() || shutdown.isNegative()) {
            throw new ServerException("timeouts must be positive");
        }
    }
}
