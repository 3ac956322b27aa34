package dev.gorgon.engine.model;

import static dev.gorgon.engine.model.LinearTarget.DOWN;
import static dev.gorgon.engine.model.LinearTarget.GATE;
import static dev.gorgon.engine.model.LinearTarget.K;
import static dev.gorgon.engine.model.LinearTarget.O;
import static dev.gorgon.engine.model.LinearTarget.Q;
import static dev.gorgon.engine.model.LinearTarget.UP;
import static dev.gorgon.engine.model.LinearTarget.V;

import dev.gorgon.engine.backend.Activations;
import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.Backend.MatrixRole;
import dev.gorgon.engine.backend.Matrix;
import dev.gorgon.engine.tensor.Tensor;
import dev.gorgon.engine.weights.FiniteCheck;
import dev.gorgon.engine.weights.TensorSource;
import dev.gorgon.engine.weights.WeightsException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Packs the tensors of a Llama-style checkpoint. The families differ in their configuration (biases, window, rotation), not in
 * their tensor names; a family with other names brings another {@code layerPrefix}.
 */
public final class DecoderLoader {

    private static final String PREFIX = "model.";
    private static final String EMBEDDINGS = PREFIX + "embed_tokens.weight";
    private static final String LM_HEAD = "lm_head.weight";

    private final ModelConfig config;
    private final TensorSource tensors;
    private final Backend.Memory memory;

    private DecoderLoader(ModelConfig config, TensorSource tensors, Backend.Memory memory) {
        this.config = config;
        this.tensors = tensors;
        this.memory = memory;
    }

    /**
     * Loads and packs all weights; layers are packed in parallel.
     *
     * @throws WeightsException naming the tensor that is missing, misshapen or not finite
     */
    public static DecoderWeights load(ModelConfig config, TensorSource tensors, Backend.Memory memory) {
        return new DecoderLoader(config, tensors, memory).load();
    }

    /**
     * The LM head as the checkpoint holds it, {@code [vocabulary][hidden]}: the embeddings when they are tied.
     *
     * @throws WeightsException if it is missing, misshapen or not finite
     */
    public static Tensor lmHead(ModelConfig config, TensorSource tensors) {
        String name = lmHeadName(config, tensors);
        Tensor head = shaped(tensors, name, config.vocabularySize(), config.hiddenSize());
        FiniteCheck.requireFinite(head, name, tensors.path());
        return head;
    }

    private static String lmHeadName(ModelConfig config, TensorSource tensors) {
        return config.tiedEmbeddings() && !tensors.contains(LM_HEAD) ? EMBEDDINGS : LM_HEAD;
    }

    private DecoderWeights load() {
        Tensor embedding = tensor(EMBEDDINGS, config.vocabularySize(), config.hiddenSize());
        Matrix lmHead = memory.baseMatrix(
                "lm_head", MatrixRole.LM_HEAD, config.vocabularySize(), config.hiddenSize(), matrix -> {
                    String name = lmHeadName(config, tensors);
                    fill(matrix, 0, shaped(name, config.vocabularySize(), config.hiddenSize()), name);
                });
        // a failure waits for the other layers: whoever catches it closes memory that they are writing
        List<DecoderWeights.Layer> layers =
                IntStream.range(0, config.layers()).parallel().mapToObj(this::attempt).toList().stream()
                        .map(Attempt::orThrow)
                        .toList();
        DecoderWeights weights = new DecoderWeights(
                memory.embeddings(embedding), layers, vector(PREFIX + "norm.weight", config.hiddenSize()), lmHead);
        memory.baseModelComplete();
        return weights;
    }

    /** A layer, or why it could not be loaded: one of the two is there. */
    private record Attempt(Optional<DecoderWeights.Layer> layer, Optional<RuntimeException> failure) {

        DecoderWeights.Layer orThrow() {
            return layer.orElseThrow(failure::get);
        }
    }

    private Attempt attempt(int index) {
        try {
            return new Attempt(Optional.of(layer(index)), Optional.empty());
        } catch (RuntimeException e) {
            return new Attempt(Optional.empty(), Optional.of(e));
        }
    }

    private DecoderWeights.Layer layer(int index) {
        String layer = PREFIX + "layers." + index + ".";
        return new DecoderWeights.Layer(
                vector(layer + "input_layernorm.weight", config.hiddenSize()),
                matrix(layer, Q, K, V),
                config.qkvBias() ? Optional.of(biases(layer, Q, K, V)) : Optional.empty(),
                matrix(layer, O),
                config.outputBias() ? Optional.of(biases(layer, O)) : Optional.empty(),
                vector(layer + "post_attention_layernorm.weight", config.hiddenSize()),
                matrix(layer, GATE, UP),
                config.mlpBias() ? Optional.of(biases(layer, GATE, UP)) : Optional.empty(),
                matrix(layer, DOWN),
                config.mlpBias() ? Optional.of(biases(layer, DOWN)) : Optional.empty());
    }

    /** Packs matrices with the same inputs below each other. */
    private Matrix matrix(String layer, LinearTarget... targets) {
        int outputs =
                Arrays.stream(targets).mapToInt(t -> t.outFeatures(config)).sum();
        return memory.baseMatrix(
                layer + targets[0].path(), MatrixRole.LAYER, outputs, targets[0].inFeatures(config), matrix -> {
                    for (LinearTarget target : targets) {
                        String name = layer + target.path() + ".weight";
                        Tensor source = shaped(name, target.outFeatures(config), target.inFeatures(config));
                        fill(matrix, target.firstColumn(config), source, name);
                    }
                });
    }

    /** Packing sees every element, so only when it complains is the culprit searched. */
    private void fill(Matrix matrix, int firstOutput, Tensor source, String name) {
        if (!memory.fill(matrix, firstOutput, source, 1f)) {
            FiniteCheck.requireFinite(source, name, tensors.path());
            throw new WeightsException("tensor " + name + " in " + tensors.path()
                    + " holds values too large to be quantized; load the model without --quantize");
        }
    }

    private Activations biases(String layer, LinearTarget... targets) {
        int outputs =
                Arrays.stream(targets).mapToInt(t -> t.outFeatures(config)).sum();
        Activations biases = memory.activations(1, outputs);
        for (LinearTarget target : targets) {
            Tensor source = tensor(layer + target.path() + ".bias", target.outFeatures(config));
            memory.copy(
                    source,
                    biases.columns(
                            target.firstColumn(config), target.firstColumn(config) + target.outFeatures(config)));
        }
        return biases;
    }

    private Activations vector(String name, int length) {
        return memory.vector(tensor(name, length));
    }

    private Tensor tensor(String name, int... shape) {
        Tensor tensor = shaped(name, shape);
        FiniteCheck.requireFinite(tensor, name, tensors.path());
        return tensor;
    }

    private Tensor shaped(String name, int... shape) {
        return shaped(tensors, name, shape);
    }

    private static Tensor shaped(TensorSource tensors, String name, int... shape) {
        Tensor tensor = tensors.tensor(name);
        boolean matches = tensor.rank() == shape.length;
        for (int i = 0; matches && i < shape.length; i++) {
            matches = tensor.dim(i) == shape[i];
        }
        if (!matches) {
            throw new WeightsException("tensor " + name + " in " + tensors.path() + " has shape " + tensor.shape()
                    + ", but config.json asks for " + Arrays.toString(shape));
        }
        FiniteCheck.requireFloatingPoint(tensor, name, tensors.path());
        return tensor;
    }
}
