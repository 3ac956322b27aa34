package dev.gorgon.server.generate;

import dev.gorgon.engine.sample.SamplingParameters;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.GenerateRequest;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A valid order.
 *
 * @param prompts at least one
 * @param perPrompt completions of each prompt, at least one
 * @param adapter which weights answer
 * @param options what all completions have in common
 * @param sampling parameters of a prompt's completion by its number, from 0; asked once for each
 * @param budget how many tokens a prompt's completions may have
 */
public record GenerationPlan(
        List<PromptSource> prompts,
        int perPrompt,
        AdapterChoice adapter,
        Options options,
        IntFunction<SamplingParameters> sampling,
        TokenBudget budget) {

    /**
     * When completions end and what is told about them.
     *
     * @param speculativeTokens as {@link GenerateRequest#speculativeTokens}
     */
    public record Options(
            List<String> stop, boolean ignoreEos, boolean promptLogprobs, int alternatives, int speculativeTokens) {

        /** What a request's own parameter means to the engine: null leaves the amount to it. */
        public static int speculation(@Nullable Long tokens) {
            return tokens == null
                    ? GenerateRequest.ANY_SPECULATION
                    : (int) Math.min(tokens, GenerateRequest.ANY_SPECULATION);
        }
    }

    /** The lengths that are allowed. */
    @FunctionalInterface
    public interface TokenBudget {

        /**
         * Number of tokens to generate at most.
         *
         * @throws dev.gorgon.server.http.ApiException if the prompt has no tokens, or they and those to generate are too many
         */
        int maxNewTokens(EncodedPrompt prompt);
    }

    /** One request to the engine. */
    GenerateRequest request(EncodedPrompt prompt, int maxNewTokens, int number, AdapterSelection selected) {
        return new GenerateRequest(
                prompt.tokens(),
                selected,
                sampling.apply(number),
                maxNewTokens,
                options.stop(),
                options.ignoreEos(),
                options.promptLogprobs(),
                options.alternatives(),
                options.speculativeTokens());
    }
}
