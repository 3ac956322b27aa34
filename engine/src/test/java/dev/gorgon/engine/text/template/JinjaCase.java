package dev.gorgon.engine.text.template;

import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A template with what jinja2 made of it, configured as transformers configures it.
 *
 * @param error whether jinja2 refused it; then {@code expected} is Python's error, as TYPE: MESSAGE
 */
record JinjaCase(String name, String template, Map<String, Object> variables, String expected, boolean error) {

    /** When the expected results were made, as templates see it. */
    static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-24T03:04:05Z"), ZoneOffset.UTC);

    static List<JinjaCase> read(String resource) throws IOException {
        try (InputStream in = JinjaCase.class.getResourceAsStream("/jinja/" + resource)) {
            JsonNode file = JsonMapper.shared().readTree(in);
            List<JinjaCase> cases = new ArrayList<>();
            for (JsonNode node : file.isArray() ? file : file.path("cases")) {
                cases.add(read(node, file));
            }
            return cases;
        }
    }

    /** Cases name their template and variables, share the variables, or bring both along. */
    private static JinjaCase read(JsonNode node, JsonNode file) {
        String template = node.path("template").stringValue();
        Map<String, Object> variables = new LinkedHashMap<>();
        if (file.has("conversations")) {
            template = file.path("templates").path(template).stringValue();
            variables.put("bos_token", "<s>");
            variables.put("eos_token", "</s>");
            variables.putAll(
                    map(file.path("conversations").path(node.path("ctx").stringValue())));
        } else {
            variables.putAll(map(file.has("ctx") ? file.path("ctx") : node.path("ctx")));
        }
        String expected = node.path(node.has("want") ? "want" : "error").stringValue();
        return new JinjaCase(node.path("name").stringValue(), template, variables, expected, !node.has("want"));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(JsonNode object) {
        return JsonMapper.shared().treeToValue(object, Map.class);
    }

    /** The message of Python's error, without its type. */
    String errorMessage() {
        return expected.substring(expected.indexOf(": ") + 2);
    }

    String render() {
        return JinjaTemplate.compile(template, Limits.DEFAULT, CLOCK).render(variables);
    }

    @Override
    public String toString() {
        return name;
    }
}
