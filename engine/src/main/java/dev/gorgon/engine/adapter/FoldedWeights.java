package dev.gorgon.engine.adapter;

import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.engine.tensor.DType;
import dev.gorgon.engine.tensor.Tensor;
import dev.gorgon.engine.weights.Checkpoint;
import dev.gorgon.engine.weights.FiniteCheck;
import dev.gorgon.engine.weights.TensorSource;
import dev.gorgon.engine.weights.WeightsException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * A base model's weights with a LoRA folded in: {@code W + scale·B·A}, in float32, computed when a tensor is asked for. What the LoRA
 * does not change is the base's own. Thread-safe.
 *
 * <p>The result is what serving the LoRA beside the base computes, but for rounding. In particular, a change of the embeddings does
 * not reach an LM head that is tied to them: the LM head then becomes a tensor of its own.
 */
public final class FoldedWeights implements TensorSource {

    private static final String EMBEDDINGS = LoraReader.EMBEDDINGS + ".weight";
    private static final String LM_HEAD = "lm_head.weight";

    private final TensorSource base;
    private final Checkpoint adapter;
    private final LoraReader reader;
    private final String settings;
    /** Names of factors by the name of the tensor that they change. */
    private final Map<String, LoraTensors.Factors> changes = new HashMap<>();

    private final Set<String> names;

    private FoldedWeights(TensorSource base, Checkpoint adapter, LoraReader reader, String settings) {
        this.base = base;
        this.adapter = adapter;
        this.reader = reader;
        this.settings = settings;
        this.names = new HashSet<>(base.names());
    }

    /**
     * @param model name of the model, for messages
     * @param base weights of the model; stay the caller's to close, after this
     * @param folder of an adapter with a LoRA; Medusa heads beside it are left alone
     * @throws AdapterException if there is no LoRA, or it does not fit the model
     */
    public static FoldedWeights open(String model, ModelConfig config, TensorSource base, Path folder) {
        String name = String.valueOf(folder.getFileName());
        AdapterFolder detected = AdapterFolder.detect(folder);
        if (!detected.lora()) {
            throw new AdapterException("adapter " + name
                    + " has Medusa heads only, nothing to merge; start without --merge-adapter-weights");
        }
        JsonNode settings = detected.loraConfig();
        ModelFit fit =
                new ModelFit(name, settings.path("base_model_name_or_path").asString(""), model, config);
        Checkpoint adapter = openAdapter(folder);
        try {
            List<String> heads =
                    detected.medusa() ? MedusaLayout.detect(adapter.names()).names() : List.of();
            LoraReader reader = new LoraReader(fit, LoraConfig.parse(settings), adapter);
            FoldedWeights folded = new FoldedWeights(base, adapter, reader, settings.toString());
            folded.plan(LoraTensors.scan(name, adapter.names(), heads));
            return folded;
        } catch (RuntimeException e) {
            adapter.close();
            throw e;
        }
    }

    private static Checkpoint openAdapter(Path folder) {
        try {
            return Checkpoint.openAdapter(folder);
        } catch (WeightsException e) {
            throw new AdapterException(String.valueOf(e.getMessage()), e);
        }
    }

    private void plan(LoraTensors tensors) {
        LoraLoader.checkUse(reader, tensors);
        tensors.linears().forEach((module, factors) -> {
            if (reader.site(module).isPresent()) {
                changes.put(module + ".weight", factors);
            }
        });
        tensors.embeddings().forEach((module, factors) -> {
            if (module.equals(LoraReader.EMBEDDINGS)) {
                changes.put(EMBEDDINGS, factors);
            }
        });
        if (changes.containsKey(EMBEDDINGS) || changes.containsKey(LM_HEAD)) {
            names.add(LM_HEAD);
        }
    }

    /** Like {@link Checkpoint#identity}: of a base model with this identity, folded with this adapter in its present state. */
    public String identity(String baseIdentity) {
        return baseIdentity + ", folded with " + adapter.identity() + " " + settings;
    }

    @Override
    public Set<String> names() {
        return names;
    }

    @Override
    public Path path() {
        return base.path();
    }

    /** The tensor; where it had to be computed, its memory is freed when nothing refers to it any more. */
    @Override
    public Tensor tensor(String name) {
        // a tied LM head that has to be told from the embeddings
        Tensor source = base.tensor(name.equals(LM_HEAD) && !base.contains(LM_HEAD) ? EMBEDDINGS : name);
        LoraTensors.Factors change = changes.get(name);
        if (change == null) {
            return source;
        }
        FiniteCheck.requireFloatingPoint(source, name, base.path());
        String module = name.substring(0, name.length() - ".weight".length());
        if (name.equals(EMBEDDINGS)) {
            LoraReader.Factors factors = reader.embedding(module, change);
            return add(source, factors.down(), factors.up(), factors.scale(), true);
        }
        LoraReader.Factors factors =
                reader.linear(module, reader.site(module).orElseThrow().target(), change);
        return add(source, factors.up(), factors.down(), factors.scale(), false);
    }

    /**
     * {@code source[o][i] + Σ_r scale·left[o][r]·right[r][i]}; the sum is made before it is added.
     *
     * @param transposed whether both factors are stored the other way round, as those of embeddings are
     */
    private Tensor add(Tensor source, Tensor left, Tensor right, float scale, boolean transposed) {
        int rank = Math.toIntExact(left.dim(transposed ? 0 : 1));
        int rows = Math.toIntExact(left.dim(transposed ? 1 : 0));
        int columns = Math.toIntExact(right.dim(transposed ? 0 : 1));
        if (!source.shape().equals(List.of((long) rows, (long) columns))) {
            return source; // whoever asked finds out that the base model's tensor is misshapen
        }
        float[][] factor = new float[rank][columns];
        for (int r = 0; r < rank; r++) {
            for (int i = 0; i < columns; i++) {
                factor[r][i] = right.at(transposed ? (long) i * rank + r : (long) r * columns + i);
            }
        }
        MemorySegment sum = Arena.ofAuto().allocate(4L * rows * columns, 64);
        float[] change = new float[columns];
        for (int row = 0; row < rows; row++) {
            Arrays.fill(change, 0f);
            for (int r = 0; r < rank; r++) {
                float weight = scale * left.at(transposed ? (long) r * rows + row : (long) row * rank + r);
                float[] line = factor[r];
                for (int i = 0; i < columns; i++) {
                    change[i] += weight * line[i];
                }
            }
            long first = (long) row * columns;
            for (int i = 0; i < columns; i++) {
                sum.setAtIndex(ValueLayout.JAVA_FLOAT, first + i, source.at(first + i) + change[i]);
            }
        }
        return new Tensor(DType.F32, source.shape(), sum);
    }

    /** Closes the adapter's files. */
    @Override
    public void close() {
        adapter.close();
    }
}
