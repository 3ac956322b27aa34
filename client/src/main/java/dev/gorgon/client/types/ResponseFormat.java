package dev.gorgon.client.types;

import dev.gorgon.client.error.ValidationException;
import dev.gorgon.client.json.Json;
import dev.gorgon.client.json.JsonException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A form that the generated text has to have (LoRAX contract, section 1.6).
 *
 * @param schema a JSON schema, as JSON text; without one, any JSON object
 */
public record ResponseFormat(Optional<String> schema) {

    /** @throws ValidationException if the schema is not JSON */
    public ResponseFormat {
        try {
            schema.ifPresent(Json.Raw::new);
        } catch (JsonException e) {
            throw new ValidationException("the schema of `response_format` cannot be sent: " + e.getMessage());
        }
    }

    /** Any JSON object. */
    public static ResponseFormat jsonObject() {
        return new ResponseFormat(Optional.empty());
    }

    /**
     * JSON that a schema describes.
     *
     * @param schema a JSON schema, as JSON text
     */
    public static ResponseFormat jsonSchema(String schema) {
        return new ResponseFormat(Optional.of(schema));
    }

    /**
     * JSON that a schema describes.
     *
     * @param schema a JSON schema out of maps, lists, strings, numbers and booleans
     */
    public static ResponseFormat jsonSchema(Map<String, ?> schema) {
        try {
            return jsonSchema(Json.write(schema));
        } catch (JsonException e) {
            throw new ValidationException("the schema of `response_format` cannot be sent: " + e.getMessage());
        }
    }

    Map<String, Object> json() {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("type", "json_object");
        // no key at all instead of null, which LoRAX takes for "no form"
        schema.ifPresent(text -> members.put("schema", new Json.Raw(text)));
        return members;
    }
}
