package dev.gorgon.server.generate;

import dev.gorgon.server.Inference;
import dev.gorgon.server.ServerConfig;
import dev.gorgon.server.metrics.RequestMetrics;
import dev.gorgon.server.observe.Observation;
import dev.gorgon.server.observe.Observers;
import java.util.concurrent.Executor;

/**
 * Takes typed bodies and sees them through to the engine. One per server.
 *
 * @param observers note what happens to requests
 * @param encoder where prompts are tokenized: long texts take long, and event loops must not wait
 */
public record GenerateService(
        ServerConfig config,
        Inference inference,
        Permits permits,
        RequestMetrics metrics,
        Observers observers,
        Executor encoder) {

    /**
     * Starts the generation of a request; everything that follows reaches the responder. Call on the request's event loop.
     *
     * @param bearerToken of the {@code Authorization} header, or empty
     * @param streaming whether the answer is a stream, which allows less
     */
    public void start(LiveRequest live, GenerateBody body, String bearerToken, boolean streaming, Responder responder) {
        metrics.received();
        live.onCrash(responder::fail);
        Observation observation = live.observe(observers);
        observation.inLogs(() -> new Admission(this, live, observation, body, responder).start(bearerToken, streaming));
    }
}
