package dev.gorgon.server.tracing;

import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.FinishReason;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * All that is told of a generating request once it is over; no prompt, no output, no credential.
 *
 * @param http what came over the wire
 * @param ask what was asked for
 * @param times when it reached which stage
 * @param generations one per completion that reached the engine
 * @param failure empty for a success, else LoRAX's word for the failure, or {@code dropped}
 */
public record FinishedRequest(Http http, Ask ask, Times times, List<Generated> generations, String failure) {

    /** Status that is noted when the client left before there was one, as nginx does. */
    public static final int CLIENT_LEFT = 499;

    /**
     * @param status of the answer; on LoRAX's streams, whose status is 200, that of the error
     * @param traceparent the header of W3C trace context, or empty
     * @param tracestate the header that belongs to it, or empty
     */
    public record Http(
            String method, String route, String requestId, int status, String traceparent, String tracestate) {

        /** The operation in OpenTelemetry's words. */
        public String operation() {
            return route.contains("chat") ? "chat" : "text_completion";
        }
    }

    /**
     * @param model id of the base model
     * @param adapter what was asked for; empty for none
     * @param promptTokens of all prompts that reached the engine
     * @param maxNewTokens 0 if the request did not get so far
     * @param temperature 0 for greedy requests
     */
    public record Ask(String model, String adapter, int promptTokens, int maxNewTokens, double temperature) {

        /** What answers: the adapter, or the model. */
        public String answering() {
            return adapter.isEmpty() ? model : adapter;
        }
    }

    /**
     * Times by {@link System#nanoTime()}; a stage that was not reached has the time of the end.
     *
     * @param receivedEpochNanos the first of them in nanoseconds since 1970
     */
    public record Times(
            long receivedEpochNanos, long receivedNanos, long validatedNanos, long submittedNanos, long endedNanos) {

        /** Nanoseconds since 1970. */
        public long epochNanos(long nanoTime) {
            return receivedEpochNanos + (nanoTime - receivedNanos);
        }
    }

    /**
     * Times by {@link System#nanoTime()}; 0 for what did not happen.
     *
     * @param adapterNanos for how long of the time between submission and start its adapter was brought into memory
     */
    public record Generated(
            long submittedNanos,
            long startedNanos,
            long adapterNanos,
            long firstTokenNanos,
            long endedNanos,
            Optional<Completion> completion) {}

    public boolean succeeded() {
        return failure.isEmpty();
    }

    /** Tokens of all completions. */
    public int generatedTokens() {
        return completions().stream().mapToInt(Completion::generatedTokens).sum();
    }

    /** Why the completions ended, in OpenTelemetry's words. */
    public List<String> finishReasons() {
        return completions().stream()
                .map(completion -> completion.reason() == FinishReason.LENGTH ? "length" : "stop")
                .toList();
    }

    /** Why the completions ended, in the engine's words. */
    public String reasons() {
        return String.join(
                ",",
                completions().stream()
                        .map(completion -> completion.reason().name().toLowerCase(Locale.ROOT))
                        .toList());
    }

    /** The completions that ended normally. */
    public List<Completion> completions() {
        return generations.stream().flatMap(one -> one.completion().stream()).toList();
    }
}
