package dev.gorgon.engine;

import dev.gorgon.engine.text.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** For models without a vocabulary: a token's text is its number and a space. */
final class NumberTokenizer implements Tokenizer {

    @Override
    public int[] encode(String text, boolean addSpecialTokens) {
        return Arrays.stream(text.split(" ")).mapToInt(Integer::parseInt).toArray();
    }

    @Override
    public List<Piece> pieces(String text, boolean addSpecialTokens) {
        throw new UnsupportedOperationException();
    }

    @Override
    public String decode(int[] ids, boolean skipSpecialTokens) {
        return Arrays.stream(ids).mapToObj(id -> id + " ").collect(Collectors.joining());
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
