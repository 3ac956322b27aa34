package dev.gorgon.engine.schedule;

import dev.gorgon.engine.sample.SamplingParameters;
import java.util.List;

/**
 * One generation as the engine sees it: tokens in, everything validated.
 *
 * @param promptTokens prompt token ids, at least one, special tokens included
 * @param adapter which weights answer
 * @param sampling how tokens are chosen
 * @param maxNewTokens number of tokens after which generation ends, at least 1
 * @param stopSequences texts that end the generation once the emitted text contains them
 * @param ignoreEos whether to go on past an end-of-sequence token
 * @param promptLogprobs whether to report the logprob of every prompt token
 * @param alternatives how many of the likeliest tokens to report beside each chosen one; 0 is none
 * @param speculativeTokens at most this many tokens are drafted per step; 0 turns speculation off; see also {@link #ALL_HEADS}
 */
public record GenerateRequest(
        int[] promptTokens,
        AdapterSelection adapter,
        SamplingParameters sampling,
        int maxNewTokens,
        List<String> stopSequences,
        boolean ignoreEos,
        boolean promptLogprobs,
        int alternatives,
        int speculativeTokens) {

    /** Value of {@link #speculativeTokens} that leaves the amount to the engine. */
    public static final int ANY_SPECULATION = Integer.MAX_VALUE;

    /** Value of {@link #speculativeTokens} that lets every head draft in every step, whether it pays or not. */
    public static final int ALL_HEADS = Integer.MAX_VALUE - 1;

    public GenerateRequest {
        if (promptTokens.length == 0) {
            throw new IllegalArgumentException("a prompt needs at least one token");
        }
        if (maxNewTokens < 1) {
            throw new IllegalArgumentException("maxNewTokens must be at least 1, got " + maxNewTokens);
        }
        if (alternatives < 0 || speculativeTokens < 0) {
            throw new IllegalArgumentException("alternatives and speculativeTokens must not be negative");
        }
        stopSequences = List.copyOf(stopSequences);
    }

    /** Whether the engine may draft less than it could. */
    boolean draftsAdaptively() {
        return speculativeTokens != ALL_HEADS;
    }

    /** A greedy request for the base model with all options off. */
    public static GenerateRequest greedy(int[] promptTokens, int maxNewTokens) {
        return new GenerateRequest(
                promptTokens,
                AdapterSelection.DEFAULT,
                SamplingParameters.GREEDY,
                maxNewTokens,
                List.of(),
                false,
                false,
                0,
                ANY_SPECULATION);
    }
}
