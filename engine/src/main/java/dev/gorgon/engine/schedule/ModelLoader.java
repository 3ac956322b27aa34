package dev.gorgon.engine.schedule;

import dev.gorgon.engine.adapter.FoldedWeights;
import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.KvStorage;
import dev.gorgon.engine.model.Decoder;
import dev.gorgon.engine.model.DecoderLoader;
import dev.gorgon.engine.model.DecoderWeights;
import dev.gorgon.engine.model.GenerationDefaults;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.engine.text.HuggingFaceTokenizer;
import dev.gorgon.engine.weights.Checkpoint;
import java.nio.file.Path;
import java.util.Optional;

/** Loads Hugging Face model folders. */
public final class ModelLoader {

    private ModelLoader() {}

    /**
     * Loads a model with buffers and a key/value cache for the given limits. Closes the backend if it fails.
     *
     * @throws dev.gorgon.engine.model.ModelException if the model is not supported
     * @throws dev.gorgon.engine.weights.WeightsException if its weights do not fit its configuration
     * @throws dev.gorgon.engine.text.TextException if its tokenizer cannot be loaded
     */
    public static LanguageModel load(String id, Path folder, Backend backend, EngineOptions options) {
        return load(id, folder, Optional.empty(), backend, options);
    }

    /**
     * Loads a model with a LoRA folded into its weights: there is no base model and no LoRA afterwards, only their sum. Closes the
     * backend if it fails.
     *
     * @param adapter folder of the LoRA; heads in it are not loaded, see
     *     {@link dev.gorgon.engine.adapter.AdapterLoader#loadHeads}
     * @throws dev.gorgon.engine.adapter.AdapterException if there is no LoRA, or it does not fit the model
     * @throws dev.gorgon.engine.model.ModelException if the model is not supported
     * @throws dev.gorgon.engine.weights.WeightsException if its weights do not fit its configuration
     * @throws dev.gorgon.engine.text.TextException if its tokenizer cannot be loaded
     */
    public static LanguageModel loadMerged(
            String id, Path folder, Path adapter, Backend backend, EngineOptions options) {
        return load(id, folder, Optional.of(adapter), backend, options);
    }

    private static LanguageModel load(
            String id, Path folder, Optional<Path> adapter, Backend backend, EngineOptions options) {
        Optional<Backend.Memory> opened = Optional.empty();
        try {
            ModelConfig config = ModelConfig.read(folder);
            HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.load(folder);
            DecoderWeights weights;
            Backend.Memory memory;
            try (Checkpoint checkpoint = Checkpoint.openModel(folder)) {
                if (adapter.isEmpty()) {
                    memory = backend.baseMemory(checkpoint.identity());
                    opened = Optional.of(memory);
                    weights = DecoderLoader.load(config, checkpoint, memory);
                } else {
                    try (FoldedWeights folded = FoldedWeights.open(id, config, checkpoint, adapter.get())) {
                        memory = backend.baseMemory(folded.identity(checkpoint.identity()));
                        opened = Optional.of(memory);
                        weights = DecoderLoader.load(config, folded, memory);
                    }
                }
            }
            return new LanguageModel(
                    id,
                    decoder(config, weights, memory, options),
                    tokenizer,
                    GenerationDefaults.read(folder, tokenizer.eosTokenId()).eosTokens(),
                    backend,
                    memory);
        } catch (RuntimeException e) {
            backend.close();
            opened.ifPresent(Backend.Memory::close);
            throw e;
        }
    }

    /** A decoder over given weights, with room for the given limits. */
    public static Decoder decoder(
            ModelConfig config, DecoderWeights weights, Backend.Memory memory, EngineOptions options) {
        KvStorage storage = memory.keyValues(options.kvBlocks(), config.layers(), config.kvHeads(), config.headDim());
        int logitRows = Math.min(options.maxStepRows(), options.maxRunning() + options.maxDraftRows());
        return new Decoder(config, weights, memory, storage, options.maxStepRows(), logitRows);
    }
}
