package dev.gorgon.server.generate;

import java.util.List;

/**
 * A prompt as the engine gets it.
 *
 * @param text what the tokens were made from
 * @param tokens token ids, special tokens included
 */
public record EncodedPrompt(String text, int[] tokens) {

    /** Length of all texts in Unicode characters. */
    public static long characters(List<EncodedPrompt> prompts) {
        return prompts.stream()
                .mapToLong(prompt -> prompt.text.codePointCount(0, prompt.text.length()))
                .sum();
    }
}
