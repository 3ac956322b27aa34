package dev.gorgon.engine.adapter;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import tools.jackson.databind.JsonNode;

/**
 * The part of PEFT's {@code adapter_config.json} that changes results. What is not implemented is refused, not ignored.
 *
 * @param rank default rank
 * @param alpha default alpha
 * @param rsLora whether the scale is alpha/√rank instead of alpha/rank
 * @param ranks other ranks, by pattern of module path
 * @param alphas other alphas, by pattern of module path
 */
record LoraConfig(int rank, double alpha, boolean rsLora, Map<Pattern, Double> ranks, Map<Pattern, Double> alphas) {

    /** Settings that change the mathematics and are not implemented. */
    private static final List<String> REFUSED = List.of(
            "use_dora",
            "use_qalora",
            "use_bdlora",
            "lora_bias",
            "modules_to_save",
            "layer_replication",
            "trainable_token_indices",
            "alora_invocation_tokens",
            "target_parameters",
            "megatron_config",
            "arrow_config",
            "monteclora_config",
            "kasa_config",
            "velora_config");

    /**
     * @throws AdapterException if a value is missing or wrong, or asks for something that is not implemented
     */
    static LoraConfig parse(JsonNode node) {
        String type = node.path("peft_type").asString("LORA");
        if (!type.equalsIgnoreCase("LORA")) {
            throw new AdapterException("adapter_config.json has peft_type " + type + "; only LORA is supported");
        }
        for (String key : REFUSED) {
            JsonNode value = node.path(key);
            boolean set =
                    value.isBoolean() ? value.booleanValue() : value.isContainer() ? !value.isEmpty() : isSet(value);
            if (set) {
                throw new AdapterException(
                        "adapter_config.json sets " + key + ", which is not supported; merge the adapter"
                                + " into its base model, or train it without " + key);
            }
        }
        String bias = node.path("bias").asString("none");
        if (!bias.equals("none")) {
            throw new AdapterException("adapter_config.json has bias " + bias + "; only none is supported");
        }
        int rank = Math.toIntExact(Math.round(number(node, "r", 8)));
        return new LoraConfig(
                rank,
                number(node, "lora_alpha", 8),
                node.path("use_rslora").asBoolean(false),
                patterns(node, "rank_pattern"),
                patterns(node, "alpha_pattern"));
    }

    private static boolean isSet(JsonNode value) {
        return !value.isMissingNode() && !value.isNull();
    }

    private static double number(JsonNode node, String key, double fallback) {
        JsonNode value = node.path(key);
        if (!isSet(value)) {
            return fallback;
        }
        if (!value.isNumber() || !(value.doubleValue() > 0) || value.doubleValue() > 1e6) {
            throw new AdapterException(
                    "adapter_config.json has " + key + " " + value + "; it must be a positive number");
        }
        return value.doubleValue();
    }

    private static Map<Pattern, Double> patterns(JsonNode node, String key) {
        Map<Pattern, Double> patterns = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : node.path(key).properties()) {
            try {
                // PEFT lets a key match a whole path or its ending after a dot
                patterns.put(
                        Pattern.compile("(.*\\.)?(" + entry.getKey() + ")"), number(node.path(key), entry.getKey(), 0));
            } catch (PatternSyntaxException e) {
                throw new AdapterException(
                        "adapter_config.json has a broken pattern in " + key + ": " + entry.getKey(), e);
            }
        }
        return patterns;
    }

    private static double match(Map<Pattern, Double> patterns, String module, double fallback) {
        return patterns.entrySet().stream()
                .filter(entry -> entry.getKey().matcher(module).matches())
                .findFirst()
                .map(Map.Entry::getValue)
                .orElse(fallback);
    }

    /** Rank that the configuration gives a module. */
    int rank(String module) {
        return (int) match(ranks, module, rank);
    }

    /** Factor of B·A·x for a module. */
    float scale(String module) {
        double r = rank(module);
        return (float) (match(alphas, module, alpha) / (rsLora ? Math.sqrt(r) : r));
    }
}
