package dev.gorgon.engine.model;

import java.nio.file.Path;
import java.util.Set;

/**
 * The shape of a decoder, from a Hugging Face {@code config.json}. The families supported differ only in what is recorded here.
 *
 * @param family {@code model_type}
 * @param hiddenSize width of the residual stream
 * @param intermediateSize width of the MLP
 * @param layers number of layers
 * @param heads query heads
 * @param kvHeads key/value heads
 * @param headDim elements per head
 * @param vocabularySize number of token ids
 * @param maxPositions longest context
 * @param rmsNormEps epsilon of the norms
 * @param rope rotary embedding
 * @param slidingWindow positions a row attends to, itself included; 0 for all
 * @param qkvBias whether queries, keys and values have biases
 * @param outputBias whether the attention output has a bias
 * @param mlpBias whether the MLP has biases
 * @param tiedEmbeddings whether the LM head may be the embedding matrix
 */
public record ModelConfig(
        String family,
        int hiddenSize,
        int intermediateSize,
        int layers,
        int heads,
        int kvHeads,
        int headDim,
        int vocabularySize,
        int maxPositions,
        float rmsNormEps,
        Rope rope,
        int slidingWindow,
        boolean qkvBias,
        boolean outputBias,
        boolean mlpBias,
        boolean tiedEmbeddings) {

    private static final Set<String> FAMILIES = Set.of("llama", "mistral", "qwen2");
    private static final int MAX_WIDTH = 1 << 20;

    public ModelConfig {
        if (heads % kvHeads != 0) {
            throw new ModelException(heads + " attention heads cannot share " + kvHeads + " key/value heads evenly");
        }
        if (headDim % 2 != 0 || hiddenSize % 2 != 0 || intermediateSize % 2 != 0) {
            throw new ModelException("hidden size, intermediate size and head dimension must be even, got " + hiddenSize
                    + ", " + intermediateSize + ", " + headDim);
        }
    }

    /**
     * Reads {@code config.json} of a model folder.
     *
     * @throws ModelException if it is missing, malformed, or describes a model that is not supported
     */
    public static ModelConfig read(Path folder) {
        return parse(JsonConfig.read(folder.resolve("config.json")));
    }

    static ModelConfig parse(JsonConfig json) {
        String family = json.text("model_type", "");
        if (!FAMILIES.contains(family)) {
            throw new ModelException(json.file() + ": model_type '" + family + "' is not supported; supported are "
                    + String.join(", ", FAMILIES.stream().sorted().toList()));
        }
        if (json.value("quantization_config").isPresent()) {
            throw new ModelException(json.file()
                    + ": the weights are quantized (quantization_config); give an unquantized F32, F16 or BF16 model");
        }
        String activation = json.text("hidden_act", "silu");
        if (!activation.equals("silu")) {
            throw new ModelException(
                    json.file() + ": hidden_act '" + activation + "' is not supported; supported is silu");
        }
        int hidden = json.requiredPositive("hidden_size", MAX_WIDTH);
        int heads = json.requiredPositive("num_attention_heads", 1 << 12);
        boolean qwen = family.equals("qwen2");
        boolean attentionBias = json.flag("attention_bias", false);
        int window = json.positive("sliding_window", 1 << 28).orElse(0);
        return new ModelConfig(
                family,
                hidden,
                json.requiredPositive("intermediate_size", MAX_WIDTH),
                json.requiredPositive("num_hidden_layers", 1 << 12),
                heads,
                json.positive("num_key_value_heads", 1 << 12).orElse(heads),
                json.positive("head_dim", 1 << 12).orElseGet(() -> headDim(json, hidden, heads)),
                json.requiredPositive("vocab_size", 1 << 22),
                json.positive("max_position_embeddings", 1 << 24).orElse(2048),
                json.number("rms_norm_eps").orElse(1e-6).floatValue(),
                Rope.parse(json),
                family.equals("mistral") || (qwen && json.flag("use_sliding_window", false)) ? window : 0,
                qwen || attentionBias,
                !qwen && attentionBias,
                json.flag("mlp_bias", false),
                json.flag("tie_word_embeddings", false));
    }

    private static int headDim(JsonConfig json, int hidden, int heads) {
        if (hidden % heads != 0) {
            throw new ModelException(
                    json.file() + ": hidden_size " + hidden + " is not a multiple of num_attention_heads " + heads);
        }
        return hidden / heads;
    }
}
