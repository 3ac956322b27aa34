package dev.gorgon.client.types;

import dev.gorgon.client.json.JsonObject;

/**
 * Something a classification model found in a text (LoRAX contract, section 1.11).
 *
 * @param group what kind of thing it is
 * @param score how sure the model is, from 0 to 1
 * @param start the first character
 * @param end the character after the last
 */
public record Entity(String group, float score, String word, int start, int end) {

    static Entity read(JsonObject json) {
        return new Entity(
                json.text("entity_group"),
                (float) json.real("score"),
                json.text("word"),
                json.integer("start"),
                json.integer("end"));
    }
}
