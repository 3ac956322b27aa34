package dev.gorgon.engine.sample;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/** The tokens that history-dependent edits look at, kept up to date token by token. */
final class History {

    private final BitSet seen = new BitSet();
    private final Map<Integer, Integer> generated = new HashMap<>();
    private int last;

    History(int[] promptTokens) {
        for (int token : promptTokens) {
            seen.set(token);
        }
        last = promptTokens[promptTokens.length - 1];
    }

    void accept(int token) {
        seen.set(token);
        generated.merge(token, 1, Integer::sum);
        last = token;
    }

    /** Tokens of the prompt and the generated text. */
    BitSet seen() {
        return seen;
    }

    /** How often each token was generated. */
    Map<Integer, Integer> generated() {
        return generated;
    }

    /** The latest token. */
    int last() {
        return last;
    }
}
