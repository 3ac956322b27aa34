package dev.gorgon.engine.adapter;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/**
 * The part of PEFT's {@code adapter_config.json} that changes results. What is not implemented is refused, not ignored.
 *
 * @param rank default rank
 * @param alpha default alpha
 * @param rsLora whether the scale is alpha/√rank instead of alpha/rank
 * @param ranks other ranks
 * @param alphas other alphas
 * @param targets the modules it says it changes: names, or one pattern; the tensors decide
 * @param tiedTogether whether PEFT gives the LM head the change of the embeddings and the other way round
 */
record LoraConfig(
        int rank,
        double alpha,
        boolean rsLora,
        ModulePatterns ranks,
        ModulePatterns alphas,
        Set<String> targets,
        boolean tiedTogether)
        implements LoraSettings {

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

    /** Beginnings of the ways to start training that change the base model's weights as well. */
    private static final List<String> CHANGES_BASE = List.of("pissa", "olora", "corda", "loftq", "lora_ga", "mica");

    /**
     * @throws AdapterException if a value is missing or wrong, or asks for something that is not implemented
     */
    static LoraConfig parse(JsonNode node) {
        String type = node.path("peft_type").asString("LORA");
        if (!type.equalsIgnoreCase("LORA")) {
            throw unsupported("peft_type " + type + "; only LORA is supported");
        }
        for (String key : REFUSED) {
            JsonNode value = node.path(key);
            boolean set =
                    value.isBoolean() ? value.booleanValue() : value.isContainer() ? !value.isEmpty() : isSet(value);
            if (set) {
                throw unsupported(key + " set, which is not supported; merge the adapter into its base model, or train"
                        + " it without " + key);
            }
        }
        String bias = node.path("bias").asString("none");
        if (!bias.equals("none")) {
            throw unsupported("bias " + bias + "; only none is supported");
        }
        String start = node.path("init_lora_weights").asString("");
        if (CHANGES_BASE.stream().anyMatch(start::startsWith)) {
            throw unsupported("init_lora_weights " + start + ", so it belongs to a base model that was changed when"
                    + " training began; convert it to a plain LoRA (PEFT: path_initial_model_for_weight_conversion)");
        }
        return new LoraConfig(
                Math.toIntExact(Math.round(ModulePatterns.number(node, "r", 8))),
                ModulePatterns.number(node, "lora_alpha", 8),
                node.path("use_rslora").asBoolean(false),
                ModulePatterns.parse(node, "rank_pattern"),
                ModulePatterns.parse(node, "alpha_pattern"),
                targets(node.path("target_modules")),
                node.path("ensure_weight_tying").asBoolean(false));
    }

    private static AdapterException unsupported(String what) {
        return new AdapterException(AdapterException.Code.UNSUPPORTED_ADAPTER, "adapter_config.json has " + what);
    }

    private static Set<String> targets(JsonNode node) {
        Set<String> targets = new TreeSet<>();
        if (node.isString() && !node.stringValue().isEmpty()) {
            targets.add(node.stringValue());
        }
        for (JsonNode name : node) {
            targets.add(name.asString(""));
        }
        return targets;
    }

    private static boolean isSet(JsonNode value) {
        return !value.isMissingNode() && !value.isNull();
    }

    @Override
    public int rank(String module) {
        return (int) ranks.of(module, rank);
    }

    @Override
    public double scale(String module) {
        double r = rank(module);
        return alphas.of(module, alpha) / (rsLora ? Math.sqrt(r) : r);
    }
}
