package dev.gorgon.engine.sample;

import java.util.Map;

/**
 * What one request asks of the choice function; the values are validated where the request enters.
 *
 * @param sample whether to draw from the distribution; otherwise the arg-max is chosen
 * @param temperature divisor of the logits, &gt; 0; 1 changes nothing
 * @param topK keep the k largest logits (ties at the threshold are kept); 0 is off
 * @param topP keep the smallest set whose mass reaches p; 1 is off
 * @param typicalP locally typical sampling mass; 1 is off
 * @param repetitionPenalty over prompt and generated tokens; 1 is off
 * @param frequencyPenalty per earlier occurrence among the generated tokens; 0 is off
 * @param presencePenalty once for each token that occurred among the generated tokens; 0 is off
 * @param watermark whether to bias a pseudo-random green list keyed by the previous token
 * @param seed key of the counter-based noise (unsigned)
 * @param stream which of several completions of one request this is; part of the noise key
 * @param logitBias what is added to the logits of these token ids before every other edit; ids outside the vocabulary have no
 *     effect
 */
public record SamplingParameters(
        boolean sample,
        float temperature,
        int topK,
        float topP,
        float typicalP,
        float repetitionPenalty,
        float frequencyPenalty,
        float presencePenalty,
        boolean watermark,
        long seed,
        int stream,
        Map<Integer, Float> logitBias) {

    /** Plain arg-max decoding without any edit of the logits. */
    public static final SamplingParameters GREEDY =
            new SamplingParameters(false, 1f, 0, 1f, 1f, 1f, 0f, 0f, false, 0L, 0);

    /** Without a bias. */
    public SamplingParameters(
            boolean sample,
            float temperature,
            int topK,
            float topP,
            float typicalP,
            float repetitionPenalty,
            float frequencyPenalty,
            float presencePenalty,
            boolean watermark,
            long seed,
            int stream) {
        this(
                sample,
                temperature,
                topK,
                topP,
                typicalP,
                repetitionPenalty,
                frequencyPenalty,
                presencePenalty,
                watermark,
                seed,
                stream,
                Map.of());
    }

    public SamplingParameters {
        logitBias = Map.copyOf(logitBias);
        if (!(temperature > 0)) {
            throw new IllegalArgumentException(
                    "temperature must be > 0 (0 is expressed as sample = false), got " + temperature);
        }
        if (topK < 0 || !(topP > 0 && topP <= 1) || !(typicalP > 0 && typicalP <= 1)) {
            throw new IllegalArgumentException("topK must be >= 0, topP and typicalP in (0, 1]");
        }
        if (logitBias.values().stream().anyMatch(bias -> !Float.isFinite(bias))) {
            throw new IllegalArgumentException("the values of logitBias must be finite numbers");
        }
        if (!(repetitionPenalty > 0)) {
            throw new IllegalArgumentException("repetitionPenalty must be > 0, got " + repetitionPenalty);
        }
    }

    /** True when the choice is the arg-max of the unedited logits and the logprob that of the raw distribution. */
    public boolean isPlainGreedy() {
        return !sample && temperature == 1f && topK == 0 && topP == 1f && typicalP == 1f && !editsLogits();
    }

    /** True when tokens are favoured or disfavoured one by one, always or by the history. */
    public boolean editsLogits() {
        return repetitionPenalty != 1f
                || frequencyPenalty != 0f
                || presencePenalty != 0f
                || watermark
                || !logitBias.isEmpty();
    }
}
