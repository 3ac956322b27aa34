package dev.gorgon.client.types;

import dev.gorgon.client.error.Failures;
import dev.gorgon.client.error.GorgonException;
import dev.gorgon.client.json.Json;
import dev.gorgon.client.json.JsonObject;
import java.util.Optional;

/**
 * One event of a stream: a token, and with the last one the whole text.
 *
 * @param generatedText the whole text; only in the last event
 * @param details only in the last event, unless turned off
 */
public record StreamResponse(Token token, Optional<String> generatedText, Optional<StreamDetails> details) {

    /**
     * An event of {@code /generate_stream}.
     *
     * @throws GorgonException if it says that the generation failed
     * @throws dev.gorgon.client.json.JsonException if it is something else
     */
    public static StreamResponse read(String json) {
        JsonObject event = Json.object(json);
        if (!event.has("token")) {
            Optional<GorgonException> failure = Failures.event(event);
            if (failure.isPresent()) {
                throw failure.get();
            }
        }
        return new StreamResponse(
                Token.read(event.object("token")),
                event.optionalText("generated_text"),
                event.optionalObject("details").map(StreamDetails::read));
    }

    /** Whether this is the last event. */
    public boolean isLast() {
        return generatedText.isPresent();
    }
}
