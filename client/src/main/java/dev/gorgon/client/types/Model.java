package dev.gorgon.client.types;

import dev.gorgon.client.json.JsonObject;
import java.util.Optional;

/**
 * The base model, or an adapter that can be used like a model.
 *
 * @param id its name in requests
 * @param parent of an adapter, the base model
 */
public record Model(String id, Optional<String> parent) {

    static Model read(JsonObject json) {
        return new Model(json.text("id"), json.optionalText("parent"));
    }
}
