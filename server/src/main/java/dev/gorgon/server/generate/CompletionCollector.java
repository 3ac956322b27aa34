package dev.gorgon.server.generate;

import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.GenerationException;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.engine.schedule.PromptToken;
import dev.gorgon.engine.schedule.TokenEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Gathers one completion for an answer in one piece. Filled on the engine thread; read on the event loop once {@code done} or
 * {@code failed} ran there.
 */
public final class CompletionCollector implements GenerationListener {
    private final GenerateRequest request;
    private final boolean keepTokens;
    private final LiveRequest live;
    private final Runnable done;
    private final Consumer<GenerationException> failed;
    private final List<TokenEvent> tokens = new ArrayList<>();
    private final SkipCounter skips = new SkipCounter();
    private List<PromptToken> prompt = List.of();
    private double logprobSum;
    private int count;
    private @Nullable Completion completion;

    /**
     * @param keepTokens whether the answer shows them
     * @param done run on the event loop after a success
     * @param failed run on the event loop after a failure
     */
    public CompletionCollector(
            GenerateRequest request,
            boolean keepTokens,
            LiveRequest live,
            Runnable done,
            Consumer<GenerationException> failed) {
        this.request = request;
        this.keepTokens = keepTokens;
        this.live = live;
        this.done = done;
        this.failed = failed;
    }

    @Override
    public void onPrompt(List<PromptToken> promptTokens) {
        prompt = promptTokens;
    }

    @Override
    public void onToken(TokenEvent token) {
        logprobSum += token.logprob();
        count++;
        skips.token(token);
        if (keepTokens) {
            tokens.add(token);
        }
    }

    @Override
    public void onFinish(Completion finished) {
        completion = finished;
        live.run(done);
    }

    @Override
    public void onFailure(GenerationException failure) {
        live.run(() -> failed.accept(failure));
    }

    /** Whether it ended with success. */
    public boolean isDone() {
        return completion != null;
    }

    /** How it ended; only once {@link #isDone}. */
    public Completion completion() {
        if (completion == null) {
            throw new IllegalStateException("the completion has not ended");
        }
        return completion;
    }

    /** What {@code best_of} compares; a completion with undefined logprobs loses. */
    public double meanLogprob() {
        double mean = count == 0 ? Double.NEGATIVE_INFINITY : logprobSum / count;
        return Double.isNaN(mean) ? Double.NEGATIVE_INFINITY : mean;
    }

    /** All tokens; none unless they were to be kept. */
    public List<TokenEvent> tokens() {
        return tokens;
    }

    /** The prompt's tokens; none unless the request asked for them. */
    public List<PromptToken> prompt() {
        return prompt;
    }

    /** Drafted tokens by step. */
    public SkipCounter skips() {
        return skips;
    }

    /** The seed to report: none for a greedy completion. */
    public @Nullable Long seed() {
        return request.sampling().sample() ? request.sampling().seed() : null;
    }
}
