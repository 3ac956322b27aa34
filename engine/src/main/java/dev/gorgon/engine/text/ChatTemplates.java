package dev.gorgon.engine.text;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Finds a model's chat templates where transformers does: {@code chat_template.jinja} with
 * {@code additional_chat_templates/NAME.jinja}, else {@code chat_template} in {@code tokenizer_config.json} (one template, or a
 * list of {@code {name, template}}), else {@code chat_template.json}. The special tokens that templates can read come from
 * {@code tokenizer_config.json}, else from {@code special_tokens_map.json}.
 */
public final class ChatTemplates {
    private static final String CONFIG = "tokenizer_config.json";
    private static final long MAX_TEMPLATE_BYTES = 4L << 20;
    private static final long MAX_JSON_BYTES = 64L << 20;
    private static final List<String> SPECIAL_TOKENS =
            List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token");
    private static final String FURTHER_TOKENS = "additional_special_tokens";

    private ChatTemplates() {}

    /**
     * The chat template of a model folder. What is wrong with a template is told when it is rendered, so that a model can be served
     * without chat.
     *
     * @return empty if the model has none
     */
    public static Optional<ChatTemplate> read(Path folder) {
        Path file = folder.resolve(CONFIG);
        return read(folder, Files.isRegularFile(file) ? json(file) : JsonNodeFactory.instance.objectNode());
    }

    /**
     * Like {@link #read(Path)}, but with another file in the place of {@code tokenizer_config.json}, whose template comes first.
     *
     * @throws TextException if that file cannot be read
     */
    public static Optional<ChatTemplate> read(Path folder, Path tokenizerConfig) {
        JsonNode config = json(tokenizerConfig);
        Optional<ChatTemplate> template = compiled(configured(config), tokens(folder, config));
        return template.isPresent() ? template : read(folder, config);
    }

    private static Optional<ChatTemplate> read(Path folder, JsonNode config) {
        try {
            Map<String, String> sources = files(folder);
            if (sources.isEmpty()) {
                sources = configured(config);
            }
            Path processor = folder.resolve("chat_template.json");
            if (sources.isEmpty() && Files.isRegularFile(processor)) {
                sources = configured(json(processor));
            }
            return compiled(sources, tokens(folder, config));
        } catch (TextException | IOException e) {
            return Optional.of(ModelChatTemplate.broken("the chat template cannot be read: " + e.getMessage()));
        }
    }

    private static Optional<ChatTemplate> compiled(Map<String, String> sources, Map<String, Object> tokens) {
        return sources.isEmpty() ? Optional.empty() : Optional.of(ModelChatTemplate.compile(sources, tokens));
    }

    /** Templates that are files of their own, by name. */
    private static Map<String, String> files(Path folder) throws IOException {
        Map<String, String> sources = new LinkedHashMap<>();
        Path main = folder.resolve("chat_template.jinja");
        if (Files.isRegularFile(main)) {
            sources.put(ModelChatTemplate.DEFAULT, text(main));
        }
        Path further = folder.resolve("additional_chat_templates");
        if (Files.isDirectory(further)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(further, "*.jinja")) {
                for (Path file : files) {
                    String name = file.getFileName().toString();
                    sources.put(name.substring(0, name.length() - ".jinja".length()), text(file));
                }
            }
        }
        return sources;
    }

    /** The templates that a JSON file names. */
    private static Map<String, String> configured(JsonNode config) {
        Map<String, String> sources = new LinkedHashMap<>();
        JsonNode template = config.path("chat_template");
        if (template.isString()) {
            sources.put(ModelChatTemplate.DEFAULT, template.stringValue());
        }
        for (JsonNode named : template.isArray() ? template : JsonNodeFactory.instance.arrayNode()) {
            sources.put(named.path("name").asString(""), named.path("template").asString(""));
        }
        return sources;
    }

    private static Map<String, Object> tokens(Path folder, JsonNode config) {
        Path file = folder.resolve("special_tokens_map.json");
        JsonNode map = Files.isRegularFile(file) ? json(file) : JsonNodeFactory.instance.objectNode();
        Map<String, Object> tokens = new LinkedHashMap<>();
        for (String name : SPECIAL_TOKENS) {
            token(config.has(name) ? config.path(name) : map.path(name)).ifPresent(token -> tokens.put(name, token));
        }
        List<String> further = new ArrayList<>();
        for (JsonNode value : config.has(FURTHER_TOKENS) ? config.path(FURTHER_TOKENS) : map.path(FURTHER_TOKENS)) {
            token(value).ifPresent(further::add);
        }
        if (!further.isEmpty()) {
            tokens.put(FURTHER_TOKENS, List.copyOf(further));
        }
        return tokens;
    }

    /** A token is a text, or an object whose content is one. */
    private static Optional<String> token(JsonNode value) {
        JsonNode content = value.isObject() ? value.path("content") : value;
        return content.isString() ? Optional.of(content.stringValue()) : Optional.empty();
    }

    private static String text(Path file) throws IOException {
        checkSize(file, MAX_TEMPLATE_BYTES);
        return Files.readString(file);
    }

    private static void checkSize(Path file, long most) throws IOException {
        if (Files.size(file) > most) {
            throw new IOException(file + " is larger than " + most + " bytes");
        }
    }

    private static JsonNode json(Path file) {
        try {
            checkSize(file, MAX_JSON_BYTES);
            return JsonMapper.shared().readTree(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new TextException("cannot read " + file + ": " + e.getMessage(), e);
        } catch (JacksonException e) {
            throw new TextException(file + " is not valid JSON: " + e.getOriginalMessage(), e);
        }
    }
}
