package dev.gorgon.engine.adapter;

import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.engine.weights.Checkpoint;
import dev.gorgon.engine.weights.WeightsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/** Loads adapter folders for one model. Blocking; call it off the engine thread. Thread-safe. */
public final class AdapterLoader {

    private static final Logger LOG = LoggerFactory.getLogger(AdapterLoader.class);

    private final String served;
    private final ModelConfig model;
    private final Backend backend;

    public AdapterLoader(ModelConfig model, Backend backend) {
        this(model.family(), model, backend);
    }

    /** @param served name of the model, for messages */
    public AdapterLoader(String served, ModelConfig model, Backend backend) {
        this.served = served;
        this.model = model;
        this.backend = backend;
    }

    /** Loads whatever the folder holds; see {@link #load(String, Path, LoadPolicy)}. */
    public Adapter load(String id, Path path) {
        return load(id, path, LoadPolicy.STATIC);
    }

    /**
     * Loads and validates a folder completely.
     *
     * @param id name for messages and metrics
     * @throws AdapterException if it holds no adapter, or one that does not fit the model or the policy
     */
    public Adapter load(String id, Path path, LoadPolicy policy) {
        AdapterFolder folder = AdapterFolder.detect(path);
        if (folder.lora()) {
            policy.requireLoras();
        }
        return opened(path, tensors -> {
            if (!folder.medusa()) {
                return lora(id, folder, tensors, List.of());
            }
            MedusaConfig config = MedusaConfig.parse(folder.medusaConfig());
            MedusaLayout layout = MedusaLayout.detect(tensors.names());
            config.requireAllowed(layout, policy);
            if (!folder.lora()) {
                warnOfUnused(id, tensors, layout);
                return medusa(id, folder, config, layout, tensors);
            }
            Lora lora = lora(id, folder, tensors, layout.names());
            try {
                return new MedusaLora(id, lora, medusa(id, folder, config, layout, tensors));
            } catch (RuntimeException | InternalError e) {
                lora.close();
                throw e;
            }
        });
    }

    /** A checkpoint of the model and its heads together, for example: the heads were trained for that model's weights. */
    private static void warnOfUnused(String id, Checkpoint tensors, MedusaLayout layout) {
        Set<String> unused = new TreeSet<>(tensors.names());
        layout.names().forEach(unused::remove);
        if (!unused.isEmpty()) {
            LOG.warn(
                    "adapter {}: {} of its tensors belong to no Medusa head and are ignored: {}",
                    id,
                    unused.size(),
                    LoraLoader.shown(unused));
        }
    }

    /**
     * Loads only the heads of a folder whose LoRA was folded into the base model.
     *
     * @return empty if the folder has no heads
     * @throws AdapterException if it holds no adapter, or heads that do not fit the model
     */
    public Optional<Medusa> loadHeads(String id, Path path) {
        AdapterFolder folder = AdapterFolder.detect(path);
        if (!folder.medusa()) {
            return Optional.empty();
        }
        MedusaConfig config = MedusaConfig.parse(folder.medusaConfig());
        return opened(
                path,
                tensors -> Optional.of(medusa(id, folder, config, MedusaLayout.detect(tensors.names()), tensors)));
    }

    /**
     * Merges LoRAs into one. The same parts (by identity, in the same order) and the same specification give the same weights.
     *
     * @param id name for messages and metrics
     * @param spec how; with one weight per part
     * @throws AdapterException if one of them does not fit the model, is not a LoRA alone, or they do not fit each other
     * @throws IllegalArgumentException if there is not one weight per part
     */
    public Lora loadMerged(String id, List<MergePart> parts, MergeSpec spec) {
        if (parts.isEmpty()) {
            throw new AdapterException("No adapters to merge.");
        }
        List<Checkpoint> checkpoints = new ArrayList<>();
        try {
            List<LoraMerge.Member> members = new ArrayList<>();
            for (MergePart part : parts) {
                AdapterFolder folder = AdapterFolder.detect(part.folder());
                if (folder.medusa()) {
                    throw new AdapterException(
                            AdapterException.Code.UNSUPPORTED_ADAPTER,
                            "adapter " + part.name() + " has Medusa heads; only plain LoRA adapters can be merged");
                }
                Checkpoint tensors = Checkpoint.openAdapter(part.folder());
                checkpoints.add(tensors);
                LoraConfig config = LoraConfig.parse(folder.loraConfig());
                LoraReader reader = new LoraReader(fit(part.name(), folder.loraConfig()), config, tensors);
                LoraTensors names = LoraTensors.scan(part.name(), tensors.names(), List.of());
                members.add(new LoraMerge.Member(part.identity(), reader, names, config));
            }
            LoraMerge merge = new LoraMerge(members, spec);
            return lora(
                    new LoraReader(new ModelFit(id, "", served, model), merge, merge),
                    LoraTensors.scan(id, merge.names(), List.of()));
        } catch (WeightsException e) {
            throw new AdapterException(String.valueOf(e.getMessage()), e);
        } catch (InternalError e) {
            throw shrunk(id, e);
        } finally {
            checkpoints.forEach(Checkpoint::close);
        }
    }

    private static <T> T opened(Path path, Function<Checkpoint, T> use) {
        try (Checkpoint tensors = Checkpoint.openAdapter(path)) {
            return use.apply(tensors);
        } catch (WeightsException e) {
            throw new AdapterException(String.valueOf(e.getMessage()), e);
        } catch (InternalError e) {
            throw shrunk(path.toString(), e);
        }
    }

    /** How the runtime reports a mapped page that is gone. */
    private static AdapterException shrunk(String where, InternalError cause) {
        return new AdapterException(
                AdapterException.Code.ADAPTER_UNAVAILABLE,
                "the files in " + where + " became shorter while they were loaded; try again",
                cause);
    }

    private ModelFit fit(String id, JsonNode config) {
        return new ModelFit(id, config.path("base_model_name_or_path").asString(""), served, model);
    }

    private Lora lora(String id, AdapterFolder folder, Checkpoint tensors, List<String> others) {
        JsonNode config = folder.loraConfig();
        return lora(
                new LoraReader(fit(id, config), LoraConfig.parse(config), tensors),
                LoraTensors.scan(id, tensors.names(), others));
    }

    private Lora lora(LoraReader reader, LoraTensors names) {
        Backend.Memory memory = backend.memory();
        try {
            return LoraLoader.load(reader, names, memory);
        } catch (RuntimeException | InternalError e) {
            memory.close();
            throw e;
        }
    }

    private Medusa medusa(
            String id, AdapterFolder folder, MedusaConfig config, MedusaLayout layout, Checkpoint tensors) {
        Backend.Memory memory = backend.memory();
        try {
            return MedusaLoader.load(fit(id, folder.medusaConfig()), config, layout, tensors, memory);
        } catch (RuntimeException | InternalError e) {
            memory.close();
            throw e;
        }
    }
}
