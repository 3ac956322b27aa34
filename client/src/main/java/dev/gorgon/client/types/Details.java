package dev.gorgon.client.types;

import dev.gorgon.client.json.JsonObject;
import java.util.List;
import java.util.OptionalLong;

/**
 * How a text came about (LoRAX contract, section 1.7).
 *
 * @param promptTokens tokens of the prompt
 * @param generatedTokens tokens of the text, with the one that ends it
 * @param skippedTokens those of them that speculation saved a step for
 * @param seed of the draw, unsigned; empty if nothing was drawn
 * @param prefill tokens of the prompt, if asked for
 * @param tokens tokens of the text, with the one that ends it
 * @param bestOfSequences the other texts of {@code best_of}
 */
public record Details(
        FinishReason finishReason,
        int promptTokens,
        int generatedTokens,
        int skippedTokens,
        OptionalLong seed,
        List<ScoredToken> prefill,
        List<Token> tokens,
        List<BestOfSequence> bestOfSequences) {

    /** Copies the lists. */
    public Details {
        prefill = List.copyOf(prefill);
        tokens = List.copyOf(tokens);
        bestOfSequences = List.copyOf(bestOfSequences);
    }

    static Details read(JsonObject json) {
        return new Details(
                FinishReason.of(json.text("finish_reason")),
                json.integerOrZero("prompt_tokens"), // TGI, and LoRAX in its beginnings, tell fewer numbers
                json.integer("generated_tokens"),
                json.integerOrZero("skipped_tokens"),
                json.unsigned("seed"),
                json.objects("prefill").stream().map(ScoredToken::read).toList(),
                Token.readAll(json),
                json.objects("best_of_sequences").stream()
                        .map(BestOfSequence::read)
                        .toList());
    }
}
