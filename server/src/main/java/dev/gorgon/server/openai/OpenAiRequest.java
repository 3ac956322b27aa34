package dev.gorgon.server.openai;

import dev.gorgon.server.generate.GenerateBody.AdapterFields;
import dev.gorgon.server.generate.GenerateBody.SamplingFields;
import dev.gorgon.server.generate.PromptSource;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A request of OpenAI's API, valid as far as that can be told without a tokenizer.
 *
 * @param kind which of the two routes
 * @param prompts at least one; exactly one for chat
 * @param logitBias by token id
 */
record OpenAiRequest(
        Kind kind,
        List<PromptSource> prompts,
        AdapterFields adapter,
        SamplingFields sampling,
        Map<Integer, Float> logitBias,
        Lengths lengths,
        Output output) {

    /** The two routes that generate. */
    enum Kind {
        COMPLETION("cmpl-", "text_completion", "text_completion", "prompt", "max_tokens"),
        CHAT("chatcmpl-", "chat.completion", "chat.completion.chunk", "messages", "max_completion_tokens");

        private final String idPrefix;
        private final String object;
        private final String chunkObject;
        private final String promptField;
        private final String lengthField;

        Kind(String idPrefix, String object, String chunkObject, String promptField, String lengthField) {
            this.idPrefix = idPrefix;
            this.object = object;
            this.chunkObject = chunkObject;
            this.promptField = promptField;
            this.lengthField = lengthField;
        }

        String idPrefix() {
            return idPrefix;
        }

        /** The value of {@code object} in an answer in one piece. */
        String object() {
            return object;
        }

        /** The value of {@code object} in the events of a stream. */
        String chunkObject() {
            return chunkObject;
        }

        /** The field that holds the prompt. */
        String promptField() {
            return promptField;
        }

        /** The field that limits the generated tokens. */
        String lengthField() {
            return lengthField;
        }
    }

    /**
     * When completions end.
     *
     * @param maxTokens null for as many as fit; 0 only together with {@code echo}
     * @param speculativeTokens Gorgon's own parameter
     */
    record Lengths(
            @Nullable Long maxTokens,
            List<String> stop,
            boolean ignoreEos,
            @Nullable Long speculativeTokens) {}

    /**
     * What the answer shows.
     *
     * @param n choices of each prompt
     * @param bestOf completions of each prompt, of which the likeliest {@code n} become choices
     * @param logprobs how many of the likeliest tokens to show beside each chosen one; empty for no logprobs at all
     * @param echo whether the prompt comes first
     * @param usage whether a stream ends with an event about the tokens used
     */
    record Output(int n, int bestOf, OptionalInt logprobs, boolean echo, boolean stream, boolean usage) {

        /** Whether the prompt's tokens are shown with their logprobs. */
        boolean promptLogprobs() {
            return echo && logprobs.isPresent();
        }
    }

    /** Whether all that is wanted is the prompt itself: one token is generated all the same, and not shown. */
    boolean nothingGenerated() {
        Long maxTokens = lengths.maxTokens();
        return maxTokens != null && maxTokens == 0;
    }
}
