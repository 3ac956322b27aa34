package dev.gorgon.engine.text;

import java.util.Arrays;

/**
 * Text of a growing sequence, token by token (spec lorax-contract.md §4.6): a token's text is what it adds to the text of the few
 * tokens before it, held back while it ends in an incomplete character.
 */
public final class Detokenizer {

    /** Tokens before the generated ones that give the first token its context. */
    private static final int CONTEXT = 5;

    private static final char INCOMPLETE = '\uFFFD';

    private final Tokenizer tokenizer;
    private int[] window;
    private int length;
    private int read;
    /** Text of {@code window[0..read)}. */
    private String prefix;

    public Detokenizer(Tokenizer tokenizer, int[] promptTokens) {
        this.tokenizer = tokenizer;
        int context = Math.min(CONTEXT, promptTokens.length);
        this.window =
                Arrays.copyOf(Arrays.copyOfRange(promptTokens, promptTokens.length - context, promptTokens.length), 32);
        this.length = context;
        this.read = context;
        this.prefix = tokenizer.decode(Arrays.copyOf(window, read), false);
    }

    /** The text a token would add, without adding it. */
    public String peek(int token) {
        String text = tokenizer.decode(with(token), false);
        return text.length() > prefix.length() ? text.substring(prefix.length()) : "";
    }

    private int[] with(int token) {
        int[] tokens = Arrays.copyOf(window, length + 1);
        tokens[length] = token;
        return tokens;
    }

    /** Adds a token; returns its text, or nothing while a character is incomplete. */
    public String append(int token) {
        if (length == window.length) {
            window = Arrays.copyOf(window, 2 * length);
        }
        window[length++] = token;
        String text = tokenizer.decode(Arrays.copyOf(window, length), false);
        if (text.length() <= prefix.length() || text.charAt(text.length() - 1) == INCOMPLETE) {
            return "";
        }
        String added = text.substring(prefix.length());
        // what was read last becomes the context of the next token
        System.arraycopy(window, read, window, 0, length - read);
        length -= read;
        read = length;
        prefix = tokenizer.decode(Arrays.copyOf(window, read), false);
        return added;
    }

    /** What is still held back: the text of an incomplete character, as far as it can be decoded. */
    public String flush() {
        String text = tokenizer.decode(Arrays.copyOf(window, length), false);
        return text.length() > prefix.length() ? text.substring(prefix.length()) : "";
    }
}
