package dev.gorgon.server.generate;

import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.GenerationException;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.engine.schedule.PromptToken;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.server.Limits;
import dev.gorgon.server.http.ApiException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Tokens, of prompts and of what may be generated, in requests that wait for their first token: a measure of the work and of
 * the key/value memory that stand before a newcomer, where the number of requests says little ({@link
 * Limits#maxQueuedTokens}). Thread-safe.
 */
public final class QueuedTokens {
    private final long max;
    private final Pace pace;
    private final AtomicLong queued = new AtomicLong();

    /** @param max 0 is no limit */
    public QueuedTokens(long max, Pace pace) {
        this.max = max;
        this.pace = pace;
    }

    /** Tokens that wait now. */
    public long queued() {
        return queued.get();
    }

    /**
     * A place in the queue. Alone there, a request may be larger than the limit.
     *
     * @throws ApiException 429 if too many tokens wait already
     */
    Place enter(long tokens) {
        long all = queued.addAndGet(tokens);
        if (max > 0 && all > max && all != tokens) {
            queued.addAndGet(-tokens);
            throw pace.overloaded();
        }
        return new Place(tokens);
    }

    /** What one completion takes of the queue. */
    final class Place {
        private final long tokens;
        private final AtomicBoolean left = new AtomicBoolean();

        private Place(long tokens) {
            this.tokens = tokens;
        }

        /** Gives it up; only the first call counts. */
        void leave() {
            if (left.compareAndSet(false, true)) {
                queued.addAndGet(-tokens);
            }
        }

        /** A listener that gives the place up when the first event comes. */
        GenerationListener leavingAtFirstEvent(GenerationListener listener) {
            return new GenerationListener() {
                @Override
                public void onPrompt(List<PromptToken> prompt) {
                    leave();
                    listener.onPrompt(prompt);
                }

                @Override
                public void onToken(TokenEvent token) {
                    leave();
                    listener.onToken(token);
                }

                @Override
                public void onFinish(Completion completion) {
                    leave();
                    listener.onFinish(completion);
                }

                @Override
                public void onFailure(GenerationException failure) {
                    leave();
                    listener.onFailure(failure);
                }
            };
        }
    }
}
