package dev.gorgon.server.docs;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The OpenAPI 3.1 document of the server: the resource {@code openapi.json} with the version of the running program. */
public final class OpenApi {

    /** One operation of the document. */
    public record Operation(String method, String path, JsonNode node) {}

    private final JsonNode document;

    private OpenApi(JsonNode document) {
        this.document = document;
    }

    /** The document of this version of the program. */
    public static OpenApi of(String version) {
        try (InputStream in = OpenApi.class.getResourceAsStream("openapi.json")) {
            if (in == null) {
                throw new IllegalStateException("openapi.json is missing from the program");
            }
            JsonNode document = JsonMapper.shared().readTree(in);
            ((ObjectNode) document.path("info")).put("version", version);
            return new OpenApi(document);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The document as JSON. */
    public String json() {
        return document.toPrettyString();
    }

    JsonNode document() {
        return document;
    }

    /** All operations in the document's order. */
    public List<Operation> operations() {
        List<Operation> operations = new ArrayList<>();
        for (Map.Entry<String, JsonNode> path : document.path("paths").properties()) {
            for (Map.Entry<String, JsonNode> method : path.getValue().properties()) {
                operations.add(
                        new Operation(method.getKey().toUpperCase(Locale.ROOT), path.getKey(), method.getValue()));
            }
        }
        return operations;
    }

    /** A schema, with a reference followed. */
    public JsonNode schema(JsonNode schema) {
        String reference = schema.path("$ref").asString("");
        return reference.isEmpty() ? schema : document.at(reference.substring(1));
    }
}
