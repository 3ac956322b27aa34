package dev.gorgon.engine.schedule;

import dev.gorgon.engine.sample.SamplingParameters;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries Medusa heads out on one short generation and warns when they guess nothing right: heads of another model or adapter load
 * without complaint if the shapes happen to agree, and cost time without giving any. Never changes an answer.
 */
public final class HeadProbe {

    private static final Logger LOG = LoggerFactory.getLogger(HeadProbe.class);
    private static final String PROMPT = "The water of a river begins high up in the mountains, and";
    private static final int TOKENS = 40;
    /** Fewer first guesses than this say nothing. */
    private static final int ENOUGH = 20;
    /** Share of first guesses that heads of this model exceed by far on any text. */
    private static final double NEAR_ZERO = 0.02;

    private HeadProbe() {}

    /**
     * What the first head did.
     *
     * @param guesses how often it guessed
     * @param held how many of these guesses were right
     */
    public record Outcome(int guesses, int held) {

        /** Whether the heads are of no use. */
        public boolean isSuspicious() {
            return guesses >= ENOUGH && held < NEAR_ZERO * guesses;
        }
    }

    /**
     * Starts a probe and returns at once; the engine serves it like any request. Logs one warning if the outcome is suspicious.
     *
     * @param selection the adapter that brings the heads, or {@link AdapterSelection#DEFAULT} for the default's
     * @param name of the adapter, for the message
     * @return completes when the probe has ended; without guesses if it could not run, never exceptionally
     */
    public static CompletableFuture<Outcome> start(Engine engine, AdapterSelection selection, String name) {
        Listener listener = new Listener(name);
        try {
            GenerateRequest request = new GenerateRequest(
                    engine.model().tokenizer().encode(PROMPT, true),
                    selection,
                    SamplingParameters.GREEDY,
                    TOKENS,
                    List.of(),
                    true,
                    false,
                    0,
                    GenerateRequest.ALL_HEADS);
            engine.submit(request, listener);
        } catch (RuntimeException e) {
            listener.giveUp(e);
        }
        return listener.outcome;
    }

    private static final class Listener implements GenerationListener {
        private final String name;
        private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        /** Per token, whether a guess brought it. */
        private final List<Boolean> guessed = new ArrayList<>();

        Listener(String name) {
            this.name = name;
        }

        @Override
        public void onToken(TokenEvent token) {
            guessed.add(token.skipped());
        }

        @Override
        public void onFinish(Completion completion) {
            int steps = 0;
            int held = 0;
            // the prompt's step has no draft, nor has one that can emit a single token only
            for (int i = 1; i < guessed.size() - 1; i++) {
                if (!guessed.get(i)) {
                    steps++;
                    held += guessed.get(i + 1) ? 1 : 0;
                }
            }
            // on a busy engine some steps may have had no draft
            Outcome seen = completion.draftedTokens() < steps ? new Outcome(0, 0) : new Outcome(steps, held);
            if (seen.isSuspicious()) {
                LOG.warn(
                        "adapter {}: of {} first guesses of its Medusa heads {} were right; they were probably trained for"
                                + " another model or another adapter. Answers are not affected, but nothing is gained",
                        name,
                        seen.guesses,
                        seen.held);
            }
            outcome.complete(seen);
        }

        @Override
        public void onFailure(GenerationException failure) {
            giveUp(failure);
        }

        void giveUp(RuntimeException e) {
            LOG.debug("the heads of {} could not be tried out", name, e);
            outcome.complete(new Outcome(0, 0));
        }
    }
}
