package dev.gorgon.client.types;

import dev.gorgon.client.json.JsonObject;
import java.util.List;

/**
 * A generated token (LoRAX contract, section 1.7).
 *
 * @param text what it adds to the text; may be empty while a character is incomplete
 * @param logprob natural logarithm of its probability; NaN if the server has none
 * @param special whether it is a special token, whose text is not part of the generated text
 * @param skipped whether it was guessed by speculation and came with the step of the token before
 * @param alternatives the likeliest tokens in its place, if asked for
 */
public record Token(
        int id, String text, float logprob, boolean special, boolean skipped, List<ScoredToken> alternatives) {

    /** Copies the list. */
    public Token {
        alternatives = List.copyOf(alternatives);
    }

    static Token read(JsonObject json) {
        return new Token(
                json.integer("id"),
                json.text("text"),
                (float) json.real("logprob"),
                json.flag("special"),
                json.flag("skipped"),
                json.objects("alternative_tokens").stream()
                        .map(ScoredToken::read)
                        .toList());
    }

    static List<Token> readAll(JsonObject parent) {
        return parent.objects("tokens").stream().map(Token::read).toList();
    }
}
