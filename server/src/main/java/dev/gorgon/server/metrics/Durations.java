package dev.gorgon.server.metrics;

import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.server.generate.Prepared;

/**
 * Where the time of one answered request went, in nanoseconds.
 *
 * @param total from its body to its answer
 * @param validation validation and tokenization
 * @param queue waiting for its adapter and for its first prefill row
 * @param inference from the first prefill row to the last token
 * @param firstToken from the first prefill row to the first token
 */
public record Durations(long total, long validation, long queue, long inference, long firstToken) {

    /** The durations of a request that is answered now. */
    public static Durations until(long nowNanos, Prepared prepared, Completion completion) {
        return new Durations(
                nowNanos - prepared.receivedNanos(),
                prepared.validationNanos(),
                prepared.adapterNanos() + completion.queueNanos(),
                completion.inferenceNanos(),
                completion.firstTokenNanos());
    }
}
