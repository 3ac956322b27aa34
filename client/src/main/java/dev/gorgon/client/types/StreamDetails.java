package dev.gorgon.client.types;

import dev.gorgon.client.json.JsonObject;
import java.util.OptionalLong;

/**
 * What is known when a stream ends (LoRAX contract, section 1.8).
 *
 * @param promptTokens tokens of the prompt
 * @param generatedTokens tokens of the text, with the one that ends it
 * @param seed of the draw, unsigned; empty if nothing was drawn
 */
public record StreamDetails(FinishReason finishReason, int promptTokens, int generatedTokens, OptionalLong seed) {

    static StreamDetails read(JsonObject json) {
        return new StreamDetails(
                FinishReason.of(json.text("finish_reason")),
                json.integerOrZero("prompt_tokens"),
                json.integer("generated_tokens"),
                json.unsigned("seed"));
    }
}
