package dev.gorgon.server.generate;

import dev.gorgon.server.Inference;

/** Makes the tokens of one prompt. */
@FunctionalInterface
public interface PromptSource {

    /**
     * The prompt. Runs on an encoder's thread and may take long.
     *
     * @throws dev.gorgon.server.http.ApiException if there can be no such prompt; any other exception counts as the tokenizer's
     */
    EncodedPrompt encode(Inference inference);

    /** A text, with the tokenizer's special tokens around it or without. */
    static PromptSource text(String text, boolean addSpecialTokens) {
        return inference -> new EncodedPrompt(text, inference.encode(text, addSpecialTokens));
    }
}
