package dev.gorgon.server.docs;

import dev.gorgon.server.docs.OpenApi.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** The OpenAPI document as one HTML page: no scripts, nothing fetched from elsewhere. */
public final class DocsPage {
    private static final String JSON = "application/json";

    private final OpenApi api;
    private final StringBuilder html = new StringBuilder(64 * 1024);

    private DocsPage(OpenApi api) {
        this.api = api;
    }

    /** The page. */
    public static String of(OpenApi api) {
        DocsPage page = new DocsPage(api);
        page.render();
        return page.html.toString();
    }

    private void render() {
        JsonNode info = api.document().path("info");
        html.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
                .append(escape(text(info, "title")))
                .append("</title>\n<style>\n")
                .append(style())
                .append("</style>\n</head>\n<body>\n");
        contents();
        html.append("<main>\n<h1>").append(escape(text(info, "title"))).append(" <small>");
        html.append(escape(text(info, "version"))).append("</small></h1>\n");
        paragraphs(text(info, "description"));
        html.append("<p><a href=\"/api-doc/openapi.json\">openapi.json</a></p>\n");
        for (JsonNode tag : api.document().path("tags")) {
            String name = text(tag, "name");
            html.append("<section>\n<h2>").append(escape(name)).append("</h2>\n");
            paragraphs(text(tag, "description"));
            operations(name).forEach(this::operation);
            html.append("</section>\n");
        }
        html.append("</main>\n</body>\n</html>\n");
    }

    private List<Operation> operations(String tag) {
        return api.operations().stream()
                .filter(operation -> text(operation.node().path("tags"), 0).equals(tag))
                .toList();
    }

    private void contents() {
        html.append("<nav>\n");
        for (JsonNode tag : api.document().path("tags")) {
            String name = text(tag, "name");
            html.append("<strong>").append(escape(name)).append("</strong>\n<ul>\n");
            for (Operation operation : operations(name)) {
                html.append("<li><a href=\"#").append(anchor(operation)).append("\">");
                badge(operation.method());
                html.append(escape(operation.path())).append("</a></li>\n");
            }
            html.append("</ul>\n");
        }
        html.append("</nav>\n");
    }

    private void operation(Operation operation) {
        JsonNode node = operation.node();
        html.append("<article id=\"").append(anchor(operation)).append("\">\n<h3>");
        badge(operation.method());
        html.append("<code>").append(escape(operation.path())).append("</code></h3>\n");
        paragraphs(text(node, "summary"));
        paragraphs(text(node, "description"));
        parameters(node.path("parameters"));
        JsonNode body = node.path("requestBody").path("content").path(JSON);
        if (!body.isMissingNode()) {
            html.append("<h4>Body</h4>\n");
            fields(body.path("schema"), new ArrayList<>());
            example(operation, body.path("example"));
        }
        html.append("<h4>Answers</h4>\n<table>\n");
        for (Map.Entry<String, JsonNode> response : node.path("responses").properties()) {
            html.append("<tr><td><code>").append(escape(response.getKey())).append("</code></td><td>");
            html.append(inline(text(response.getValue(), "description"))).append("</td></tr>\n");
        }
        html.append("</table>\n");
        JsonNode answer =
                node.path("responses").path("200").path("content").path(JSON).path("schema");
        if (api.schema(answer).has("properties")) {
            html.append("<details><summary>Fields of the answer</summary>\n");
            fields(answer, new ArrayList<>());
            html.append("</details>\n");
        }
        html.append("</article>\n");
    }

    private void parameters(JsonNode parameters) {
        if (parameters.isEmpty()) {
            return;
        }
        html.append("<h4>Parameters</h4>\n<table>\n");
        for (JsonNode parameter : parameters) {
            row(
                    text(parameter, "name") + " (" + text(parameter, "in") + ")",
                    parameter.path("schema"),
                    text(parameter, "description"),
                    parameter.path("required").asBoolean(false));
        }
        html.append("</table>\n");
    }

    /** The members of an object, and below them those of the objects inside; {@code above} ends circles. */
    private void fields(JsonNode schema, List<JsonNode> above) {
        JsonNode object = api.schema(schema);
        if (above.contains(object)) {
            return;
        }
        above.add(object);
        JsonNode items = api.schema(object.path("items"));
        if (items.has("properties")) {
            html.append("<p>A list of objects:</p>\n");
            fields(items, above);
            return;
        }
        List<String> required = new ArrayList<>();
        object.path("required").forEach(name -> required.add(name.asString()));
        html.append("<table>\n");
        for (Map.Entry<String, JsonNode> property : object.path("properties").properties()) {
            JsonNode target = api.schema(property.getValue());
            String description = property.getValue().has("description")
                    ? text(property.getValue(), "description")
                    : text(target, "description");
            row(property.getKey(), target, description, required.contains(property.getKey()));
        }
        html.append("</table>\n");
        for (Map.Entry<String, JsonNode> property : object.path("properties").properties()) {
            JsonNode inner = innerObject(property.getValue());
            if (inner.has("properties") && !above.contains(inner)) {
                html.append("<h5><code>").append(escape(property.getKey())).append("</code></h5>\n");
                fields(inner, above);
            }
        }
    }

    /** The object that a member holds, in a list or beside null. */
    private JsonNode innerObject(JsonNode member) {
        JsonNode target = api.schema(member);
        for (JsonNode option : target.path("anyOf")) {
            if (option.has("$ref") || option.path("items").has("$ref")) {
                return innerObject(option);
            }
        }
        return target.has("items") ? api.schema(target.path("items")) : target;
    }

    private void row(String name, JsonNode schema, String description, boolean required) {
        html.append("<tr><td><code>").append(escape(name)).append("</code>");
        if (required) {
            html.append(" <em>required</em>");
        }
        html.append("</td><td>").append(escape(type(schema)));
        if (schema.has("default")) {
            html.append("<br><small>default ")
                    .append(escape(schema.path("default").toString()))
                    .append("</small>");
        }
        html.append("</td><td>").append(inline(description)).append("</td></tr>\n");
    }

    private String type(JsonNode schema) {
        JsonNode target = api.schema(schema);
        if (target.has("enum")) {
            List<String> words = new ArrayList<>();
            target.path("enum").forEach(word -> words.add(word.isString() ? word.asString() : word.toString()));
            return String.join(" | ", words);
        }
        for (String choice : new String[] {"oneOf", "anyOf"}) {
            if (target.has(choice)) {
                List<String> types = new ArrayList<>();
                target.path(choice).forEach(option -> types.add(type(option)));
                return String.join(" or ", types);
            }
        }
        JsonNode type = target.path("type");
        if (type.isArray()) {
            List<String> types = new ArrayList<>();
            type.forEach(option -> types.add(option.asString()));
            return String.join(" or ", types);
        }
        String name = type.asString("any");
        return name.equals("array") ? "list of " + type(target.path("items")) : name;
    }

    private void example(Operation operation, JsonNode example) {
        if (!example.isMissingNode()) {
            html.append("<pre>curl http://127.0.0.1:8080")
                    .append(escape(operation.path()))
                    .append(" \\\n  -H 'Content-Type: application/json' \\\n  -d '")
                    .append(escape(example.toString().replace("'", "'\\''")))
                    .append("'</pre>\n");
        }
    }

    private void badge(String method) {
        html.append("<b class=\"")
                .append(method.toLowerCase(Locale.ROOT))
                .append("\">")
                .append(method)
                .append("</b> ");
    }

    private void paragraphs(String text) {
        for (String paragraph : text.split("\n\n")) {
            if (!paragraph.isBlank()) {
                html.append("<p>").append(inline(paragraph)).append("</p>\n");
            }
        }
    }

    /** Text with code between back-ticks. */
    private static String inline(String text) {
        return escape(text).replaceAll("`([^`]+)`", "<code>$1</code>");
    }

    private static String anchor(Operation operation) {
        return (operation.method() + operation.path()).toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    }

    private static String text(JsonNode node, String name) {
        return node.path(name).asString("");
    }

    private static String text(JsonNode array, int index) {
        return array.path(index).asString("");
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    private static String style() {
        try (InputStream in = DocsPage.class.getResourceAsStream("docs.css")) {
            if (in == null) {
                throw new IllegalStateException("docs.css is missing from the program");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
