package dev.gorgon.server.observe;

import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.GenerationException;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.engine.schedule.PromptToken;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.server.metrics.Latencies;
import dev.gorgon.server.tracing.FinishedRequest.Generated;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Takes the time of what happens to a completion and passes it on. Runs on the engine's thread: a step costs two looks at the
 * clock at most, a token that was skipped nothing. The notes may be read on any thread.
 */
final class WatchedGeneration implements GenerationListener {
    private final GenerationListener listener;
    private final Latencies latencies;
    private final long receivedNanos;
    private final long submittedNanos;
    /** Engine thread only. */
    private long lastStepNanos;

    private volatile @Nullable Start start;
    private volatile long firstTokenNanos;
    private volatile long endedNanos;
    private volatile @Nullable Completion completion;

    WatchedGeneration(GenerationListener listener, Latencies latencies, long receivedNanos, long submittedNanos) {
        this.listener = listener;
        this.latencies = latencies;
        this.receivedNanos = receivedNanos;
        this.submittedNanos = submittedNanos;
    }

    @Override
    public void onStart(Start begun) {
        start = begun;
        latencies.started(
                begun.startedNanos() - begun.submittedNanos(), begun.adapterNanos(), begun.cachedPromptTokens());
        listener.onStart(begun);
    }

    @Override
    public void onPrompt(List<PromptToken> tokens) {
        listener.onPrompt(tokens);
    }

    @Override
    public void onToken(TokenEvent token) {
        if (!token.skipped()) {
            long now = System.nanoTime();
            if (lastStepNanos == 0) {
                firstTokenNanos = now;
                latencies.firstToken(now - receivedNanos);
            } else {
                latencies.nextStep(now - lastStepNanos);
            }
            lastStepNanos = now;
        }
        listener.onToken(token);
    }

    @Override
    public void onFinish(Completion finished) {
        long now = System.nanoTime();
        latencies.finished(finished.reason(), now - receivedNanos);
        endedNanos = now;
        completion = finished;
        listener.onFinish(finished);
    }

    @Override
    public void onFailure(GenerationException failure) {
        endedNanos = System.nanoTime();
        listener.onFailure(failure);
    }

    Generated noted() {
        Start begun = start;
        return new Generated(
                submittedNanos,
                begun == null ? 0 : begun.startedNanos(),
                begun == null ? 0 : begun.adapterNanos(),
                firstTokenNanos,
                endedNanos,
                Optional.ofNullable(completion));
    }
}
