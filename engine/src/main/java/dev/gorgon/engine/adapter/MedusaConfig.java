package dev.gorgon.engine.adapter;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import tools.jackson.databind.JsonNode;

/**
 * What a Medusa adapter's {@code config.json} says about its heads, in the trainers' words or in vLLM's (spec medusa.md §1.3). It is
 * known to be wrong in published adapters, so the tensors decide.
 *
 * @param heads number of heads; −1 if it does not say
 * @param layers residual blocks per head; −1 if it does not say
 * @param version layout; empty if it does not say
 * @param originalLmHead whether an LM head in the weights is the base model's own
 */
record MedusaConfig(int heads, int layers, OptionalDouble version, boolean originalLmHead) {

    /**
     * @throws AdapterException if a value is not usable, or asks for something that is not implemented
     */
    static MedusaConfig parse(JsonNode node) {
        boolean vllm = node.path("model_type").asString("").equals("medusa");
        int vocabulary = number(node, "vocab_size", -1);
        if (number(node, "truncated_vocab_size", vocabulary) != vocabulary) {
            throw new AdapterException(
                    AdapterException.Code.UNSUPPORTED_ADAPTER,
                    "config.json has truncated_vocab_size " + node.path("truncated_vocab_size")
                            + ": LM heads for a part"
                            + " of the vocabulary are not supported; export them for the whole vocabulary");
        }
        return new MedusaConfig(
                number(node, "medusa_num_heads", vllm ? number(node, "num_heads", -1) : -1),
                number(node, "medusa_num_layers", vllm ? number(node, "num_hidden_layers", -1) : -1),
                version(node.path("version")),
                node.path("original_lm_head").asBoolean(false));
    }

    private static int number(JsonNode config, String key, int fallback) {
        JsonNode value = config.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return fallback;
        }
        if (!value.canConvertToInt() || value.intValue() < 0) {
            throw new AdapterException("config.json has " + key + " " + value + "; it must be a whole number");
        }
        return value.intValue();
    }

    /** Written as a word or a number. */
    private static OptionalDouble version(JsonNode value) {
        if (value.isMissingNode() || value.isNull()) {
            return OptionalDouble.empty();
        }
        try {
            return OptionalDouble.of(value.isNumber() ? value.doubleValue() : Double.parseDouble(value.asString("")));
        } catch (NumberFormatException e) {
            throw new AdapterException("config.json has version " + value + "; it must be a number", e);
        }
    }

    /** Whether the LM head in the weights is the base model's own. */
    boolean baseLmHead(MedusaLayout layout) {
        return originalLmHead && layout.sharedLmHead();
    }

    /** Whether the heads have LM heads of their own, as version 1 does. */
    boolean ownLmHeads(MedusaLayout layout) {
        return layout.ownLmHeads() && !baseLmHead(layout);
    }

    /**
     * @throws AdapterException if the policy does not allow such heads, in LoRAX's words (spec lorax-contract.md §2.8)
     */
    void requireAllowed(MedusaLayout layout, LoadPolicy policy) {
        if (ownLmHeads(layout) && !policy.ownHeads()) {
            double said = version.orElse(1);
            throw new AdapterException(
                    AdapterException.Code.UNSUPPORTED_ADAPTER,
                    "Dynamic adapter loading is not supported for Medusa version " + (said < 2 ? said : 1.0)
                            + " at this time. Instead, initialize the LoRAX server with the Medusa adapter and it will be"
                            + " applied to every request, or migrate to a v2 adapter.");
        }
    }

    /** Where it disagrees with the tensors. */
    List<String> differences(MedusaLayout layout) {
        List<String> differences = new ArrayList<>();
        int found = layout.heads().size();
        if (heads >= 0 && heads != found) {
            differences.add("it announces " + heads + " heads, they hold " + found);
        }
        int blocks = layout.heads().getFirst().weights().size();
        if (layers >= 0 && layers != blocks) {
            differences.add("it announces " + layers + " layers per head, they hold " + blocks);
        }
        boolean own = ownLmHeads(layout);
        if (version.isPresent() && version.getAsDouble() >= 2 == own) {
            differences.add("it says version " + version.getAsDouble() + ", they "
                    + (own ? "bring LM heads of their own as in version 1" : "share the LM head as in version 2"));
        }
        return differences;
    }
}
