package dev.gorgon.server.generate;

import dev.gorgon.engine.schedule.GenerateRequest;
import java.util.List;

/**
 * A request on its way into the engine.
 *
 * @param requests one per completion
 * @param receivedNanos when its body was read
 * @param validatedNanos when validation and tokenization were done
 * @param submittedNanos when its adapter was ready and the engine got it
 */
public record Prepared(List<GenerateRequest> requests, long receivedNanos, long validatedNanos, long submittedNanos) {

    /** Time spent on validation and tokenization. */
    public long validationNanos() {
        return validatedNanos - receivedNanos;
    }

    /** Time spent waiting for the adapter; counts as queueing, as in LoRAX. */
    public long adapterNanos() {
        return submittedNanos - validatedNanos;
    }
}
