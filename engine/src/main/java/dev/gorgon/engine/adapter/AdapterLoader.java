package dev.gorgon.engine.adapter;

import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.engine.weights.Checkpoint;
import dev.gorgon.engine.weights.WeightsException;
import java.nio.file.Path;
import java.util.List;

/** Loads adapter folders for one model. Blocking; call it off the engine thread. */
public final class AdapterLoader {

    private final ModelConfig model;
    private final Backend backend;

    public AdapterLoader(ModelConfig model, Backend backend) {
        this.model = model;
        this.backend = backend;
    }

    /**
     * Loads and validates a folder completely.
     *
     * @param id name for messages and metrics
     * @throws AdapterException if it holds no adapter, or one that does not fit the model
     */
    public Adapter load(String id, Path path) {
        AdapterFolder folder = AdapterFolder.detect(path);
        try (Checkpoint tensors = Checkpoint.openAdapter(path)) {
            if (!folder.medusa()) {
                return lora(id, folder, tensors, List.of());
            }
            MedusaLayout layout = MedusaLayout.detect(tensors.names());
            if (!folder.lora()) {
                return medusa(id, folder, layout, tensors);
            }
            Lora lora = lora(id, folder, tensors, layout.names());
            try {
                return new MedusaLora(id, lora, medusa(id, folder, layout, tensors));
            } catch (RuntimeException | InternalError e) {
                lora.close();
                throw e;
            }
        } catch (WeightsException e) {
            throw new AdapterException(String.valueOf(e.getMessage()), e);
        } catch (InternalError e) { // how the runtime reports a mapped page that is gone
            throw new AdapterException(
                    AdapterException.Code.ADAPTER_UNAVAILABLE,
                    "the files in " + path + " became shorter while they were loaded; try again",
                    e);
        }
    }

    private Lora lora(String id, AdapterFolder folder, Checkpoint tensors, List<String> others) {
        LoraConfig config = LoraConfig.parse(folder.loraConfig());
        Backend.Memory memory = backend.memory();
        try {
            return LoraLoader.load(id, model, config, tensors, memory, others);
        } catch (RuntimeException | InternalError e) {
            memory.close();
            throw e;
        }
    }

    private Medusa medusa(String id, AdapterFolder folder, MedusaLayout layout, Checkpoint tensors) {
        Backend.Memory memory = backend.memory();
        try {
            return MedusaLoader.load(id, model, folder.medusaConfig(), layout, tensors, memory);
        } catch (RuntimeException | InternalError e) {
            memory.close();
            throw e;
        }
    }
}
