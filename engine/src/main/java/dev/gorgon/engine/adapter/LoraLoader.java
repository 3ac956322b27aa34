package dev.gorgon.engine.adapter;

import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.model.LinearTarget;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.engine.tensor.Tensor;
import dev.gorgon.engine.weights.FiniteCheck;
import dev.gorgon.engine.weights.TensorSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads PEFT LoRA tensors. A is {@code [rank][in]} and B {@code [out][rank]} whatever {@code fan_in_fan_out} says: PEFT transposes
 * the product, never the stored factors.
 */
final class LoraLoader {

    private static final Logger LOG = LoggerFactory.getLogger(LoraLoader.class);
    private static final Pattern NAME =
            Pattern.compile("(?:base_model\\.model\\.)?(.+)\\.lora_(embedding_)?([AB])(?:\\.default)?(?:\\.weight)?");
    private static final Pattern LAYER = Pattern.compile("model\\.layers\\.(\\d{1,5})\\.(.+)");

    private final ModelConfig model;
    private final LoraConfig config;
    private final TensorSource tensors;
    private final Backend.Memory memory;

    private LoraLoader(ModelConfig model, LoraConfig config, TensorSource tensors, Backend.Memory memory) {
        this.model = model;
        this.config = config;
        this.tensors = tensors;
        this.memory = memory;
    }

    /**
     * @param others names of tensors in the folder that belong to something else, for example Medusa heads
     * @throws AdapterException if a tensor does not fit the model, or none does
     */
    static Lora load(
            String id,
            ModelConfig model,
            LoraConfig config,
            TensorSource tensors,
            Backend.Memory memory,
            List<String> others) {
        return new LoraLoader(model, config, tensors, memory).load(id, others);
    }

    private Lora load(String id, List<String> others) {
        Map<String, String> down = new TreeMap<>();
        Map<String, String> up = new TreeMap<>();
        TreeSet<String> unknown = new TreeSet<>();
        for (String name : tensors.names()) {
            Matcher matcher = NAME.matcher(name);
            if (others.contains(name)) {
                continue;
            }
            if (!matcher.matches()) {
                unknown.add(name);
            } else if (matcher.group(2) != null) {
                throw new AdapterException("adapter " + id + " changes embeddings (" + name
                        + "), which is not supported; train it without embed_tokens among its target modules");
            } else {
                (matcher.group(3).equals("A") ? down : up).put(matcher.group(1), name);
            }
        }
        if (!down.keySet().equals(up.keySet())) {
            TreeSet<String> lonely = new TreeSet<>(down.keySet());
            lonely.addAll(up.keySet());
            lonely.removeIf(module -> down.containsKey(module) && up.containsKey(module));
            throw new AdapterException("adapter " + id + " has only one of lora_A and lora_B for " + lonely.first());
        }
        LoraPacker packer = new LoraPacker(model, memory);
        for (Map.Entry<String, String> entry : down.entrySet()) {
            String module = entry.getKey();
            Optional<Lora.Site> site = site(module);
            if (site.isEmpty()) {
                unknown.add(module);
                continue;
            }
            packer.add(site.get(), factors(module, site.get().target(), entry.getValue(), up.getOrDefault(module, "")));
        }
        if (packer.isEmpty()) {
            throw new AdapterException("adapter " + id + " has no tensor that matches a linear layer of this model"
                    + (unknown.isEmpty() ? "" : "; for example " + unknown.first() + " is unknown"));
        }
        if (!unknown.isEmpty()) {
            LOG.warn(
                    "adapter {}: {} tensors match nothing in this model and are ignored, for example {}",
                    id,
                    unknown.size(),
                    unknown.first());
        }
        return new Lora(id, memory, packer.pack());
    }

    private Optional<Lora.Site> site(String module) {
        if (module.equals(LinearTarget.LM_HEAD.path())) {
            return Optional.of(new Lora.Site(Lora.MODEL, LinearTarget.LM_HEAD));
        }
        Matcher matcher = LAYER.matcher(module);
        if (!matcher.matches() || Integer.parseInt(matcher.group(1)) >= model.layers()) {
            return Optional.empty();
        }
        int layer = Integer.parseInt(matcher.group(1));
        return LinearTarget.inLayer(matcher.group(2)).map(target -> new Lora.Site(layer, target));
    }

    private LoraPacker.Factors factors(String module, LinearTarget target, String downName, String upName) {
        Tensor down = tensors.tensor(downName);
        Tensor up = tensors.tensor(upName);
        int in = target.inFeatures(model);
        int out = target.outFeatures(model);
        if (down.rank() != 2 || up.rank() != 2 || down.dim(1) != in || up.dim(0) != out || down.dim(0) != up.dim(1)) {
            throw new AdapterException("LoRA for " + module + ": lora_A has shape " + down.shape() + " and lora_B "
                    + up.shape() + "; this model needs [rank, " + in + "] and [" + out + ", rank]");
        }
        long rank = down.dim(0);
        if (rank != config.rank(module)) {
            throw new AdapterException("LoRA for " + module + " has rank " + rank + ", but adapter_config.json says "
                    + config.rank(module));
        }
        FiniteCheck.requireFloatingPoint(down, downName, tensors.path());
        FiniteCheck.requireFloatingPoint(up, upName, tensors.path());
        // packing finds out whether all elements are finite; which one is not is looked for only then
        return new LoraPacker.Factors(module, down, up, config.scale(module), () -> {
            FiniteCheck.requireFinite(down, downName, tensors.path());
            FiniteCheck.requireFinite(up, upName, tensors.path());
        });
    }
}
