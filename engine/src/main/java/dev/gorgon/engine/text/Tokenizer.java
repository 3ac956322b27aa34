package dev.gorgon.engine.text;

import java.util.List;
import java.util.OptionalInt;

/** Text to tokens and back. Thread-safe. */
public interface Tokenizer extends AutoCloseable {

    /**
     * A token as the tokenizer cut it.
     *
     * @param id token id
     * @param text the raw piece of the vocabulary
     * @param start first character, counted in code points
     * @param stop character after the last
     */
    record Piece(int id, String text, int start, int stop) {}

    /** Token ids of a text, never truncated. */
    int[] encode(String text, boolean addSpecialTokens);

    /** Like {@link #encode}, with pieces and places. */
    List<Piece> pieces(String text, boolean addSpecialTokens);

    /** Text of some tokens. */
    String decode(int[] ids, boolean skipSpecialTokens);

    /** Whether a token is marked as special. */
    boolean isSpecial(int id);

    OptionalInt bosTokenId();

    OptionalInt eosTokenId();

    @Override
    void close();
}
