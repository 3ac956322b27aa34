package dev.gorgon.server.observe;

import dev.gorgon.server.metrics.Latencies;
import dev.gorgon.server.tracing.Tracing;
import io.vertx.core.http.HttpServerRequest;

/**
 * Watches requests.
 *
 * @param model id of the base model
 * @param latencies where times are counted
 * @param tracing where spans go
 */
public record Observers(String model, Latencies latencies, Tracing tracing) {

    /** Begins to watch a generating request; call when its body has been read, on its event loop. */
    public Observation begin(HttpServerRequest request) {
        return new Observation(this, request);
    }
}
