package dev.gorgon.engine.model;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * What a model folder says about generation.
 *
 * @param eosTokens tokens that end a generation
 */
public record GenerationDefaults(Set<Integer> eosTokens) {

    /**
     * Reads {@code generation_config.json}, else {@code config.json}, else takes the tokenizer's token.
     *
     * @throws ModelException if a file is malformed
     */
    public static GenerationDefaults read(Path folder, OptionalInt tokenizerEos) {
        Set<Integer> tokens = new LinkedHashSet<>();
        for (String file : new String[] {"generation_config.json", "config.json"}) {
            Path path = folder.resolve(file);
            if (tokens.isEmpty() && Files.isRegularFile(path)) {
                collect(JsonConfig.read(path), tokens);
            }
        }
        if (tokens.isEmpty()) {
            tokenizerEos.ifPresent(tokens::add);
        }
        return new GenerationDefaults(Set.copyOf(tokens));
    }

    private static void collect(JsonConfig json, Set<Integer> tokens) {
        Optional<JsonNode> value = json.value("eos_token_id");
        if (value.isEmpty()) {
            return;
        }
        for (JsonNode id : value.get().isArray() ? value.get() : List.of(value.get())) {
            if (!id.isIntegralNumber() || !id.canConvertToInt() || id.intValue() < 0) {
                throw json.bad("eos_token_id", value.get(), "must be a token id or a list of them");
            }
            tokens.add(id.intValue());
        }
    }
}
