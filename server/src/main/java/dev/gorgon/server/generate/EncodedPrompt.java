package dev.gorgon.server.generate;

/**
 * A prompt as the engine gets it.
 *
 * @param text what the tokens were made from
 * @param tokens token ids, special tokens included
 */
public record EncodedPrompt(String text, int[] tokens) {

    /** Length of the text in Unicode characters. */
    public long characters() {
        return text.codePointCount(0, text.length());
    }
}
