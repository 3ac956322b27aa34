package dev.gorgon.server.generate;

import dev.gorgon.server.Inference;
import dev.gorgon.server.ServerConfig;
import dev.gorgon.server.metrics.RequestMetrics;
import java.util.concurrent.Executor;

/**
 * Takes orders and sees them through to the engine. One per server.
 *
 * @param encoder where prompts are tokenized: long texts take long, and event loops must not wait
 */
public record GenerateService(
        ServerConfig config, Inference inference, Permits permits, RequestMetrics metrics, Executor encoder) {

    /** Starts what a request orders; everything that follows reaches the responder. Call on the request's event loop. */
    public void start(LiveRequest live, Order order, Responder responder) {
        metrics.received();
        probe(live, order, responder);
    }

    /** The same for a request that no client made, and that does not count as one. */
    public void probe(LiveRequest live, Order order, Responder responder) {
        live.onCrash(responder::fail);
        new Admission(this, live, order, responder).start();
    }
}
