package dev.gorgon.engine.adapter;

import dev.gorgon.engine.backend.Activations;
import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.Matrix;
import dev.gorgon.engine.tensor.Tensor;
import dev.gorgon.engine.weights.FiniteCheck;
import dev.gorgon.engine.weights.TensorSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads Medusa heads of any published layout and any number of residual blocks. */
final class MedusaLoader {

    private static final Logger LOG = LoggerFactory.getLogger(MedusaLoader.class);

    private final ModelFit fit;
    private final TensorSource tensors;
    private final Backend.Memory memory;
    private final Map<String, Matrix> lmHeads = new HashMap<>();

    private MedusaLoader(ModelFit fit, TensorSource tensors, Backend.Memory memory) {
        this.fit = fit;
        this.tensors = tensors;
        this.memory = memory;
    }

    /**
     * @throws AdapterException if the tensors do not make up heads for this model
     */
    static Medusa load(
            ModelFit fit, MedusaConfig config, MedusaLayout layout, TensorSource tensors, Backend.Memory memory) {
        int found = layout.heads().size();
        if (config.heads() > found) {
            throw new AdapterException("adapter " + fit.adapter() + ": config.json announces " + config.heads()
                    + " Medusa heads, but the weights hold " + found);
        }
        List<String> differences = config.differences(layout);
        if (!differences.isEmpty()) {
            LOG.warn(
                    "adapter {}: config.json and the weights disagree ({}); the weights are followed",
                    fit.adapter(),
                    String.join("; ", differences));
        }
        MedusaLoader loader = new MedusaLoader(fit, tensors, memory);
        return new Medusa(
                fit.adapter(),
                memory,
                layout.heads().stream()
                        .map(names -> loader.head(names, config.baseLmHead(layout)))
                        .toList());
    }

    /** @param base whether the LM head in the weights is the base model's own, which is in memory already */
    private Medusa.Head head(MedusaLayout.HeadNames names, boolean base) {
        int hidden = fit.model().hiddenSize();
        List<Medusa.Block> blocks = new ArrayList<>();
        for (int i = 0; i < names.weights().size(); i++) {
            Matrix weight = matrix(names.weights().get(i), hidden);
            Activations bias = names.biases()
                    .get(i)
                    .map(name -> memory.vector(tensor(name, hidden)))
                    .orElseGet(() -> memory.activations(1, hidden));
            blocks.add(new Medusa.Block(weight, bias));
        }
        Optional<Matrix> lmHead = names.lmHead()
                .filter(name -> !base)
                .map(name -> lmHeads.computeIfAbsent(
                        name, key -> matrix(key, fit.model().vocabularySize())));
        return new Medusa.Head(blocks, lmHead);
    }

    private Matrix matrix(String name, int outputs) {
        int inputs = fit.model().hiddenSize();
        Tensor tensor = tensor(name, outputs, inputs);
        Matrix matrix = memory.matrix(outputs, inputs);
        memory.fill(matrix, 0, tensor, 1f);
        return matrix;
    }

    private Tensor tensor(String name, long... shape) {
        Tensor tensor = tensors.tensor(name);
        List<Long> expected = Arrays.stream(shape).boxed().toList();
        if (!tensor.shape().equals(expected)) {
            throw fit.mismatch("its Medusa tensor " + name + " has shape " + tensor.shape() + ", where the model needs "
                    + expected);
        }
        FiniteCheck.requireFinite(tensor, name, tensors.path());
        return tensor;
    }
}
