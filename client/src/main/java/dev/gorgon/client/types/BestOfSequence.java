package dev.gorgon.client.types;

import dev.gorgon.client.json.JsonObject;
import java.util.List;
import java.util.OptionalLong;

/**
 * A text that was generated for {@code best_of} and is not the best.
 *
 * @param seed unsigned
 */
public record BestOfSequence(
        String generatedText,
        FinishReason finishReason,
        int generatedTokens,
        OptionalLong seed,
        List<ScoredToken> prefill,
        List<Token> tokens) {

    /** Copies the lists. */
    public BestOfSequence {
        prefill = List.copyOf(prefill);
        tokens = List.copyOf(tokens);
    }

    static BestOfSequence read(JsonObject json) {
        return new BestOfSequence(
                json.text("generated_text"),
                FinishReason.of(json.text("finish_reason")),
                json.integer("generated_tokens"),
                json.unsigned("seed"),
                json.objects("prefill").stream().map(ScoredToken::read).toList(),
                Token.readAll(json));
    }
}
