package dev.gorgon.server.lorax;

import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.GenerationException;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.server.generate.LiveRequest;
import dev.gorgon.server.generate.Mailbox;
import dev.gorgon.server.generate.Prepared;
import dev.gorgon.server.generate.Responder;
import dev.gorgon.server.generate.SkipCounter;
import dev.gorgon.server.http.ApiException;
import dev.gorgon.server.http.EventStream;
import dev.gorgon.server.metrics.Durations;
import dev.gorgon.server.metrics.RequestMetrics;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Answers with one event per token (LoRAX contract, section 1.8). The engine thread only queues what happened; the event loop
 * takes everything that is queued by then and sends it with one write. All other state is confined to the event loop.
 */
final class StreamAnswer implements Responder, GenerationListener {
    private final EventStream stream;
    private final LiveRequest live;
    private final AnswerFormat format;
    private final RequestMetrics metrics;
    private final IntPredicate endsSequence;

    private final Mailbox mailbox;
    private final StringBuilder batch = new StringBuilder();
    private final SkipCounter skips = new SkipCounter();
    private @Nullable Prepared prepared;
    private @Nullable LastTokenRule lastTokenRule;
    private @Nullable TokenEvent held;
    private @Nullable TokenEvent latest;

    /** @param endsSequence whether a token id is an end of sequence */
    StreamAnswer(
            EventStream stream,
            LiveRequest live,
            AnswerFormat format,
            RequestMetrics metrics,
            IntPredicate endsSequence) {
        this.stream = stream;
        this.live = live;
        this.format = format;
        this.metrics = metrics;
        this.endsSequence = endsSequence;
        this.mailbox = new Mailbox(live, this::flush);
    }

    @Override
    public GenerationListener listener(Prepared submitted, int index) {
        prepared = submitted;
        lastTokenRule = new LastTokenRule(submitted.requests().get(index), endsSequence);
        return this;
    }

    @Override
    public void onToken(TokenEvent token) {
        mailbox.post(() -> token(token));
    }

    @Override
    public void onFinish(Completion completion) {
        mailbox.post(() -> finish(completion));
    }

    @Override
    public void onFailure(GenerationException failure) {
        mailbox.post(() -> fail(ApiException.generation(failure)));
    }

    private void flush() {
        stream.send(batch);
        batch.setLength(0);
    }

    private void token(TokenEvent token) {
        releaseHeld();
        skips.token(token);
        latest = token;
        if (lastTokenRule != null && lastTokenRule.mayBeLast(token)) {
            held = token;
        } else {
            EventStream.append(batch, format.event(token));
        }
    }

    private void releaseHeld() {
        if (held != null) {
            EventStream.append(batch, format.event(held));
            held = null;
        }
    }

    private void finish(Completion completion) {
        TokenEvent last = lastToken();
        if (last == null || prepared == null) {
            fail(ApiException.incomplete());
            return;
        }
        if (!live.succeed()) {
            return;
        }
        skips.forEachStep(metrics::step);
        metrics.succeeded(Durations.until(System.nanoTime(), prepared, completion), completion);
        EventStream.append(batch, format.lastEvent(last, completion, seed(prepared.requests())));
        format.farewell().forEach(event -> EventStream.append(batch, event));
        end();
    }

    /**
     * The token of the last event: the one that was held for it. Should the engine end for a reason {@link LastTokenRule} does
     * not know, the last token went out already and is repeated without its text, so that the texts still add up.
     */
    private @Nullable TokenEvent lastToken() {
        if (held != null || latest == null) {
            return held;
        }
        return new TokenEvent(
                latest.id(), "", latest.logprob(), latest.special(), latest.skipped(), latest.alternatives());
    }

    private static @Nullable Long seed(List<GenerateRequest> requests) {
        GenerateRequest request = requests.getFirst();
        return request.sampling().sample() ? request.sampling().seed() : null;
    }

    @Override
    public void fail(ApiException error) {
        if (live.fail(error)) {
            releaseHeld();
            EventStream.append(batch, error.json());
            end();
        }
    }

    private void end() {
        stream.end(batch);
        batch.setLength(0);
        mailbox.clear();
    }
}
