package dev.gorgon.cli;

import dev.gorgon.engine.text.Tokenizer;
import java.util.List;
import java.util.OptionalInt;

/** The tokenizer of a model that has weights of some shape and no text: every token is a letter. */
final class BenchTokenizer implements Tokenizer {

    @Override
    public int[] encode(String text, boolean addSpecialTokens) {
        return text.chars().map(letter -> letter - 'a').toArray();
    }

    @Override
    public List<Piece> pieces(String text, boolean addSpecialTokens) {
        throw new UnsupportedOperationException("a model made of a shape has no pieces of text");
    }

    @Override
    public String decode(int[] ids, boolean skipSpecialTokens) {
        StringBuilder text = new StringBuilder(ids.length);
        for (int id : ids) {
            text.append((char) ('a' + id % 26));
        }
        return text.toString();
    }

    @Override
    public boolean isSpecial(int id) {
        return false;
    }

    @Override
    public OptionalInt bosTokenId() {
        return OptionalInt.empty();
    }

    @Override
    public OptionalInt eosTokenId() {
        return OptionalInt.empty();
    }

    @Override
    public void close() {
        // holds nothing
    }
}
