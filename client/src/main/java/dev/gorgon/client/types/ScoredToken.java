package dev.gorgon.client.types;

import dev.gorgon.client.json.JsonObject;

/**
 * A token of the prompt, or one that might have been chosen.
 *
 * @param logprob natural logarithm of its probability; NaN if the server has none, as for the first token of a prompt
 */
public record ScoredToken(int id, String text, float logprob) {

    static ScoredToken read(JsonObject json) {
        return new ScoredToken(json.integer("id"), json.text("text"), (float) json.real("logprob"));
    }
}
