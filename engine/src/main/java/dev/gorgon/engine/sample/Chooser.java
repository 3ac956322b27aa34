package dev.gorgon.engine.sample;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The choice function (spec medusa.md §6.2): a token as a function of logits, true history, seed and output index. It is the same
 * whether one row was computed or many, so drafts, batches and preemption cannot show. One per sequence; {@link #choose} changes
 * nothing, {@link #accept} moves the history on.
 *
 * <p>Order of the edits (spec lorax-contract.md §4.1, with OpenAI's bias before it): bias, watermark, repetition penalty, frequency and presence penalties,
 * temperature, top-k, top-p, typical-p, choice. The repetition penalty looks at prompt and generated tokens, frequency and
 * presence penalties count generated tokens only, as OpenAI defines them.
 */
public final class Chooser {

    private static final float WATERMARK_DELTA = 2f;
    private static final long WATERMARK_KEY = 15485863L;

    private final SamplingParameters parameters;
    private final int vocabulary;
    private final History history;
    private float[] scratch = new float[0];

    /**
     * @param promptTokens at least one
     */
    public Chooser(SamplingParameters parameters, int[] promptTokens, int vocabularySize) {
        this.parameters = parameters;
        this.vocabulary = vocabularySize;
        this.history = new History(promptTokens);
    }

    /** Moves the history on by an emitted token. */
    public void accept(int token) {
        history.accept(token);
    }

    /**
     * Chooses the token at an output index.
     *
     * @param outputIndex number of tokens generated before
     * @param alternatives how many of the likeliest tokens to report
     * @throws SamplingException if a logit is not a number, or all are −infinity
     */
    public Choice choose(LogitsRow row, int outputIndex, int alternatives) {
        if (parameters.isPlainGreedy() && alternatives == 0) {
            float logit = row.logits().getAtIndex(ValueLayout.JAVA_FLOAT, row.argMax());
            return new Choice(row.argMax(), (float) (logit - row.logSumExp()), List.of());
        }
        float[] logits = process(row.logits());
        double logSumExp = Filters.logSumExp(logits, vocabulary);
        if (Double.isNaN(logSumExp) || Double.isInfinite(logSumExp)) {
            throw new SamplingException(
                    "no token can be chosen: after the penalties and filters the logits are not finite numbers");
        }
        int token = parameters.sample() ? sample(logits, outputIndex) : argMax(logits);
        return new Choice(token, (float) (logits[token] - logSumExp), alternatives(logits, logSumExp, alternatives));
    }

    private float[] process(MemorySegment row) {
        if (scratch.length < vocabulary) {
            scratch = new float[vocabulary];
        }
        float[] logits = scratch;
        MemorySegment.copy(row, ValueLayout.JAVA_FLOAT, 0, logits, 0, vocabulary);
        parameters.logitBias().forEach((token, bias) -> {
            if (token >= 0 && token < vocabulary) {
                logits[token] += bias;
            }
        });
        if (parameters.watermark()) {
            watermark(logits);
        }
        if (parameters.repetitionPenalty() != 1f) {
            history.seen().stream()
                    .filter(token -> token < vocabulary)
                    .forEach(token -> logits[token] = logits[token] < 0
                            ? logits[token] * parameters.repetitionPenalty()
                            : logits[token] / parameters.repetitionPenalty());
        }
        if (parameters.frequencyPenalty() != 0f || parameters.presencePenalty() != 0f) {
            for (Map.Entry<Integer, Integer> entry : history.generated().entrySet()) {
                logits[entry.getKey()] -=
                        parameters.frequencyPenalty() * entry.getValue() + parameters.presencePenalty();
            }
        }
        if (parameters.temperature() != 1f) {
            // relative to the largest, so that a tiny temperature cannot overflow
            float largest = logits[argMax(logits)];
            for (int i = 0; i < vocabulary; i++) {
                logits[i] = (logits[i] - largest) / parameters.temperature();
            }
        }
        if (parameters.topK() > 0) {
            Filters.topK(logits, vocabulary, parameters.topK());
        }
        if (parameters.topP() < 1f) {
            Filters.topP(logits, vocabulary, parameters.topP());
        }
        if (parameters.typicalP() < 1f) {
            Filters.typicalP(logits, vocabulary, parameters.typicalP());
        }
        return logits;
    }

    /**
     * Adds a constant to about half of the tokens, chosen by the previous token. LoRAX draws its half with torch's generator; this
     * one is our own, portable and the same everywhere.
     */
    private void watermark(float[] logits) {
        long key = CounterNoise.mix(WATERMARK_KEY * history.last());
        for (int i = 0; i < vocabulary; i++) {
            if (CounterNoise.mix(key + i) < 0) {
                logits[i] += WATERMARK_DELTA;
            }
        }
    }

    private int argMax(float[] logits) {
        int best = 0;
        for (int i = 1; i < vocabulary; i++) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        return best;
    }

    /** arg-max of logit + Gumbel noise: a draw from the softmax. The lowest id wins ties. */
    private int sample(float[] logits, int outputIndex) {
        CounterNoise noise = new CounterNoise(parameters.seed(), parameters.stream(), outputIndex);
        // scored first because it beats most others without their logarithms
        int best = argMax(logits);
        double bestScore = logits[best] + CounterNoise.gumbel(noise.bits(best));
        for (int i = 0; i < vocabulary; i++) {
            if (logits[i] == Float.NEGATIVE_INFINITY || i == best) {
                continue;
            }
            long bits = noise.bits(i);
            if (logits[i] + CounterNoise.bound(bits) < bestScore) {
                continue;
            }
            double score = logits[i] + CounterNoise.gumbel(bits);
            if (score > bestScore || (score == bestScore && i < best)) {
                best = i;
                bestScore = score;
            }
        }
        return best;
    }

    private List<Choice.Candidate> alternatives(float[] logits, double logSumExp, int count) {
        if (count == 0) {
            return List.of();
        }
        int wanted = Math.min(count, vocabulary);
        int[] ranked =
                Filters.Ranked.descending(logits, vocabulary, i -> logits[i]).tokens();
        List<Choice.Candidate> best = new ArrayList<>(wanted);
        for (int i = 0; i < Math.min(wanted, ranked.length); i++) {
            best.add(new Choice.Candidate(ranked[i], (float) (logits[ranked[i]] - logSumExp)));
        }
        for (int i = 0; i < vocabulary && best.size() < wanted; i++) {
            if (logits[i] == Float.NEGATIVE_INFINITY) {
                best.add(new Choice.Candidate(i, Float.NEGATIVE_INFINITY));
            }
        }
        return best;
    }
}
