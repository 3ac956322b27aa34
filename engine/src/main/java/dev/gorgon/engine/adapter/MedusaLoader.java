package dev.gorgon.engine.adapter;

import dev.gorgon.engine.backend.Activations;
import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.Matrix;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.engine.tensor.Tensor;
import dev.gorgon.engine.weights.FiniteCheck;
import dev.gorgon.engine.weights.TensorSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/** Reads Medusa heads of any published layout and any number of residual blocks. */
final class MedusaLoader {

    private static final Logger LOG = LoggerFactory.getLogger(MedusaLoader.class);

    private final ModelConfig model;
    private final TensorSource tensors;
    private final Backend.Memory memory;

    private MedusaLoader(ModelConfig model, TensorSource tensors, Backend.Memory memory) {
        this.model = model;
        this.tensors = tensors;
        this.memory = memory;
    }

    /**
     * @throws AdapterException if the tensors do not make up heads for this model
     */
    static Medusa load(
            String id,
            ModelConfig model,
            JsonNode config,
            MedusaLayout layout,
            TensorSource tensors,
            Backend.Memory memory) {
        checkAgainstConfig(id, config, layout);
        MedusaLoader loader = new MedusaLoader(model, tensors, memory);
        return new Medusa(id, memory, layout.heads().stream().map(loader::head).toList());
    }

    /** More heads than announced are known from published checkpoints; fewer mean that weights are missing. */
    private static void checkAgainstConfig(String id, JsonNode config, MedusaLayout layout) {
        int found = layout.heads().size();
        int announced = announced(config, "medusa_num_heads", announced(config, "num_heads", found));
        if (announced > found) {
            throw new AdapterException("adapter " + id + ": config.json announces " + announced
                    + " Medusa heads, but the weights hold " + found);
        }
        if (announced < found) {
            LOG.warn(
                    "adapter {}: config.json announces {} Medusa heads, the weights hold {}; all are used",
                    id,
                    announced,
                    found);
        }
        int layers = layout.heads().getFirst().weights().size();
        int announcedLayers = announced(config, "medusa_num_layers", layers);
        if (announcedLayers != layers) {
            LOG.warn(
                    "adapter {}: config.json announces {} Medusa layers, the weights hold {}",
                    id,
                    announcedLayers,
                    layers);
        }
    }

    private static int announced(JsonNode config, String key, int fallback) {
        JsonNode value = config.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return fallback;
        }
        if (!value.canConvertToInt() || value.intValue() < 0) {
            throw new AdapterException("config.json has " + key + " " + value + "; it must be a whole number");
        }
        return value.intValue();
    }

    private Medusa.Head head(MedusaLayout.HeadNames names) {
        int hidden = model.hiddenSize();
        List<Medusa.Block> blocks = new ArrayList<>();
        for (int i = 0; i < names.weights().size(); i++) {
            Matrix weight = matrix(names.weights().get(i), hidden);
            Activations bias = names.biases()
                    .get(i)
                    .map(name -> memory.vector(tensor(name, hidden)))
                    .orElseGet(() -> memory.activations(1, hidden));
            blocks.add(new Medusa.Block(weight, bias));
        }
        Optional<Matrix> lmHead = names.lmHead().map(name -> matrix(name, model.vocabularySize()));
        return new Medusa.Head(blocks, lmHead);
    }

    private Matrix matrix(String name, int outputs) {
        Matrix matrix = memory.matrix(outputs, model.hiddenSize());
        memory.fill(matrix, 0, tensor(name, outputs, model.hiddenSize()), 1f);
        return matrix;
    }

    private Tensor tensor(String name, long... shape) {
        Tensor tensor = tensors.tensor(name);
        List<Long> expected = Arrays.stream(shape).boxed().toList();
        if (!tensor.shape().equals(expected)) {
            throw new AdapterException(
                    "Medusa tensor " + name + " has shape " + tensor.shape() + "; this model needs " + expected);
        }
        FiniteCheck.requireFinite(tensor, name, tensors.path());
        return tensor;
    }
}
