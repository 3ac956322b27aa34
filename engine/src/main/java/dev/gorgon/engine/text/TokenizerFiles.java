package dev.gorgon.engine.text;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What Gorgon itself reads from {@code tokenizer.json} and {@code tokenizer_config.json}: the vocabulary, special tokens, and which special tokens surround a text.
 */
final class TokenizerFiles {

    private final ObjectNode tokenizer;
    private final JsonNode config;
    private final Map<Integer, String> pieces = new HashMap<>();
    private final Map<String, Integer> ids = new HashMap<>();
    private final Set<Integer> special = new HashSet<>();

    /**
     * @throws TextException if {@code tokenizer.json} is missing or malformed
     */
    TokenizerFiles(Path folder) {
        Path file = folder.resolve("tokenizer.json");
        if (!Files.isRegularFile(file)) {
            throw new TextException("there is no tokenizer.json in " + folder);
        }
        if (!(read(file) instanceof ObjectNode object)) {
            throw new TextException(file + " is not a JSON object");
        }
        this.tokenizer = object;
        Path configFile = folder.resolve("tokenizer_config.json");
        this.config = Files.isRegularFile(configFile) ? read(configFile) : JsonNodeFactory.instance.objectNode();
        JsonNode vocabulary = tokenizer.path("model").path("vocab");
        for (Map.Entry<String, JsonNode> entry : vocabulary.properties()) {
            addPiece(entry.getKey(), entry.getValue().asInt(-1));
        }
        for (int i = 0; vocabulary.isArray() && i < vocabulary.size(); i++) {
            addPiece(vocabulary.get(i).path(0).asString(""), i); // Unigram: [piece, score] by id
        }
        for (JsonNode added : tokenizer.path("added_tokens")) {
            int id = added.path("id").asInt(-1);
            addPiece(added.path("content").asString(""), id);
            if (added.path("special").asBoolean(false)) {
                special.add(id);
            }
        }
        bosTokenId().ifPresent(special::add);
        eosTokenId().ifPresent(special::add);
    }

    private void addPiece(String piece, int id) {
        pieces.put(id, piece);
        ids.put(piece, id);
    }

    private static JsonNode read(Path file) {
        try {
            return JsonMapper.shared().readTree(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new TextException("cannot read " + file + ": " + e.getMessage(), e);
        } catch (JacksonException e) {
            throw new TextException(file + " is not valid JSON: " + e.getOriginalMessage(), e);
        }
    }

    String piece(int id) {
        return pieces.getOrDefault(id, "");
    }

    Set<Integer> special() {
        return special;
    }

    OptionalInt bosTokenId() {
        return tokenId("bos_token");
    }

    OptionalInt eosTokenId() {
        return tokenId("eos_token");
    }

    private OptionalInt tokenId(String key) {
        JsonNode value = config.path(key);
        String content = value.isObject() ? value.path("content").asString("") : value.asString("");
        Integer id = ids.get(content);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    /**
     * {@code tokenizer.json}, with the surrounding tokens that transformers gives a Llama tokenizer: its class builds them from
     * {@code add_bos_token} and {@code add_eos_token}, whatever the file says (spec lorax-contract.md §9).
     */
    byte[] effectiveJson() {
        String type = config.path("tokenizer_class").asString("");
        if (type.equals("LlamaTokenizer") || type.equals("LlamaTokenizerFast")) {
            boolean bos = config.path("add_bos_token").asBoolean(true);
            boolean eos = config.path("add_eos_token").asBoolean(false);
            tokenizer.set(
                    "post_processor",
                    surround(bos ? bosTokenId() : OptionalInt.empty(), eos ? eosTokenId() : OptionalInt.empty()));
        }
        return tokenizer.toString().getBytes(StandardCharsets.UTF_8);
    }

    private JsonNode surround(OptionalInt bos, OptionalInt eos) {
        ObjectNode template = JsonNodeFactory.instance.objectNode();
        template.put("type", "TemplateProcessing");
        ObjectNode specialTokens = JsonNodeFactory.instance.objectNode();
        ArrayNode single = template.putArray("single");
        ArrayNode pair = template.putArray("pair");
        for (int type = 0; type < 2; type++) {
            for (ArrayNode target : type == 0 ? new ArrayNode[] {single, pair} : new ArrayNode[] {pair}) {
                bos.ifPresent(id -> addSpecial(target, specialTokens, id, target == pair ? typeOf(target) : 0));
                target.addObject()
                        .putObject("Sequence")
                        .put("id", type == 0 ? "A" : "B")
                        .put("type_id", type);
                eos.ifPresent(id -> addSpecial(target, specialTokens, id, target == pair ? typeOf(target) : 0));
            }
        }
        template.set("special_tokens", specialTokens);
        return template;
    }

    /** Tokens of a pair's second half have type 1. */
    private static int typeOf(ArrayNode pair) {
        for (JsonNode item : pair) {
            if (item.path("Sequence").path("id").asString("").equals("B")) {
                return 1;
            }
        }
        return 0;
    }

    private void addSpecial(ArrayNode target, ObjectNode specialTokens, int id, int type) {
        target.addObject().putObject("SpecialToken").put("id", piece(id)).put("type_id", type);
        if (!specialTokens.has(piece(id))) {
            ObjectNode definition = specialTokens.putObject(piece(id));
            definition.put("id", piece(id));
            definition.putArray("ids").add(id);
            definition.putArray("tokens").add(piece(id));
        }
    }
}
