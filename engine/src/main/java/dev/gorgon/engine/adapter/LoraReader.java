package dev.gorgon.engine.adapter;

import dev.gorgon.engine.model.LinearTarget;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.engine.tensor.Tensor;
import dev.gorgon.engine.weights.FiniteCheck;
import dev.gorgon.engine.weights.TensorSource;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads and checks the factors of a LoRA. A is {@code [rank][in]} and B {@code [out][rank]} whatever {@code fan_in_fan_out} says:
 * PEFT transposes the product when it merges, never the stored factors.
 */
record LoraReader(ModelFit fit, LoraSettings settings, TensorSource tensors) {

    /** Path of the embeddings in every family that is supported. */
    static final String EMBEDDINGS = "model.embed_tokens";

    private static final Pattern LAYER = Pattern.compile("model\\.layers\\.(\\d{1,5})\\.(.+)");

    /**
     * The factors of one module: {@code y += scale·up·down·x}.
     *
     * @param down A, {@code [rank][in]}
     * @param up B, {@code [out][rank]}
     */
    record Factors(Tensor down, Tensor up, float scale) {

        int rank() {
            return Math.toIntExact(down.dim(0));
        }
    }

    /**
     * Where in the model a linear module stands; empty if it is not one of the model's.
     *
     * @throws AdapterException if it is in a layer that the model does not have
     */
    Optional<Lora.Site> site(String module) {
        if (module.equals(LinearTarget.LM_HEAD.path())) {
            return Optional.of(new Lora.Site(Lora.MODEL, LinearTarget.LM_HEAD));
        }
        Matcher matcher = LAYER.matcher(module);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        int layer = Integer.parseInt(matcher.group(1));
        Optional<LinearTarget> target = LinearTarget.inLayer(matcher.group(2));
        if (target.isPresent() && layer >= fit.model().layers()) {
            throw fit.mismatch("it changes " + module + ", but the model has "
                    + fit.model().layers() + " layers");
        }
        return target.map(found -> new Lora.Site(layer, found));
    }

    Factors linear(String module, LinearTarget target, LoraTensors.Factors names) {
        ModelConfig model = fit.model();
        return read(module, names, target.inFeatures(model), target.outFeatures(model));
    }

    Factors embedding(String module, LoraTensors.Factors names) {
        Factors factors =
                read(module, names, fit.model().vocabularySize(), fit.model().hiddenSize());
        // unlike packing a linear map, filling a table does not look at the numbers
        FiniteCheck.requireFinite(factors.down(), names.down(), tensors.path());
        FiniteCheck.requireFinite(factors.up(), names.up(), tensors.path());
        return factors;
    }

    private Factors read(String module, LoraTensors.Factors names, int in, int out) {
        Tensor down = tensors.tensor(names.down());
        Tensor up = tensors.tensor(names.up());
        if (down.rank() != 2 || up.rank() != 2 || down.dim(0) != up.dim(1) || down.dim(0) == 0) {
            throw new AdapterException("LoRA for " + module + ": lora_A has shape " + down.shape() + " and lora_B "
                    + up.shape() + ", which are not the factors of one product");
        }
        if (down.dim(1) != in || up.dim(0) != out) {
            throw fit.mismatch("its lora_A for " + module + " has shape " + down.shape() + " and its lora_B "
                    + up.shape() + ", where the model needs [rank, " + in + "] and [" + out + ", rank]");
        }
        if (down.dim(0) != settings.rank(module)) {
            throw new AdapterException("LoRA for " + module + " has rank " + down.dim(0)
                    + ", but adapter_config.json says " + settings.rank(module));
        }
        FiniteCheck.requireFloatingPoint(down, names.down(), tensors.path());
        FiniteCheck.requireFloatingPoint(up, names.up(), tensors.path());
        float scale = (float) settings.scale(module);
        if (!Float.isFinite(scale)) {
            throw new AdapterException("LoRA for " + module + " has a scale that is not a finite number: alpha or r in"
                    + " adapter_config.json is wrong");
        }
        return new Factors(down, up, scale);
    }

    /** @throws dev.gorgon.engine.weights.WeightsException naming the element that is not a finite number */
    void requireFinite(LoraTensors.Factors names) {
        FiniteCheck.requireFinite(tensors.tensor(names.down()), names.down(), tensors.path());
        FiniteCheck.requireFinite(tensors.tensor(names.up()), names.up(), tensors.path());
    }
}
