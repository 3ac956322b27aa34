package dev.gorgon.client.types;

import dev.gorgon.client.json.JsonObject;

/**
 * A token of a text (LoRAX contract, section 1.12).
 *
 * @param text as it is in the vocabulary
 * @param start the first character it covers
 * @param stop the character after the last
 */
public record Piece(int id, String text, int start, int stop) {

    static Piece read(JsonObject json) {
        return new Piece(json.integer("id"), json.text("text"), json.integer("start"), json.integer("stop"));
    }
}
