package dev.gorgon.engine.schedule;

import java.util.List;

/**
 * Receives the events of one generation, in order, on the engine thread. Implementations must hand the event on and return:
 * whatever they do, every other sequence waits for it. After {@link #onFinish} or {@link #onFailure} nothing follows; after
 * {@link Generation#cancel()} there may be no further event at all.
 */
public interface GenerationListener {

    /**
     * A generation begins to run.
     *
     * @param submittedNanos when it was submitted, by {@link System#nanoTime()}
     * @param startedNanos when its first row was planned, by the same clock
     * @param adapterNanos how much of the time between them its adapter was being brought into memory
     * @param cachedPromptTokens prompt tokens that need not be computed
     */
    record Start(long submittedNanos, long startedNanos, long adapterNanos, int cachedPromptTokens) {}

    /** It begins to run; comes first, and not at all if it never does. */
    default void onStart(Start start) {}

    /** All prompt tokens with their logprobs, before the first token; only if the request asked for them. */
    default void onPrompt(List<PromptToken> tokens) {}

    /** One emitted token. */
    void onToken(TokenEvent token);

    /** The generation ended normally. */
    void onFinish(Completion completion);

    /** The generation ended without success; the message is fit for the client. */
    void onFailure(GenerationException failure);
}
