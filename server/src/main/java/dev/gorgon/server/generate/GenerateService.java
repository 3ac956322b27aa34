package dev.gorgon.server.generate;

import dev.gorgon.server.Inference;
import dev.gorgon.server.ServerConfig;
import dev.gorgon.server.metrics.RequestMetrics;
import java.util.concurrent.Executor;

/**
 * Takes typed bodies and sees them through to the engine. One per server.
 *
 * @param intake decides what is taken
 * @param encoder where prompts are tokenized: long texts take long, and event loops must not wait
 */
public record GenerateService(
        ServerConfig config, Inference inference, Intake intake, RequestMetrics metrics, Executor encoder) {

    /**
     * Starts the generation of a request; everything that follows reaches the responder. Call on the request's event loop.
     *
     * @param bearerToken of the {@code Authorization} header, or empty
     * @param streaming whether the answer is a stream, which allows less
     */
    public void start(LiveRequest live, GenerateBody body, String bearerToken, boolean streaming, Responder responder) {
        metrics.received();
        live.register(intake.requests(), responder::fail);
        new Admission(this, live, body, responder).start(bearerToken, streaming);
    }
}
