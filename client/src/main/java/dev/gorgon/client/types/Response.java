package dev.gorgon.client.types;

import dev.gorgon.client.json.Json;
import dev.gorgon.client.json.JsonObject;
import java.util.Optional;

/**
 * A generated text.
 *
 * @param generatedText without the prompt unless asked for
 * @param details unless turned off
 */
public record Response(String generatedText, Optional<Details> details) {

    /**
     * The answer of {@code /generate}.
     *
     * @throws dev.gorgon.client.json.JsonException if it is something else
     */
    public static Response read(String json) {
        JsonObject answer = Json.object(json);
        return new Response(
                answer.text("generated_text"), answer.optionalObject("details").map(Details::read));
    }
}
