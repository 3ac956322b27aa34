package dev.gorgon.server;

import org.jspecify.annotations.Nullable;

/**
 * The base model, as {@code /info} and the {@code x-model-id} header show it (LoRAX contract, section 1.13).
 *
 * @param id what the operator called the model; visible ASCII is sent as a header, anything else is not
 * @param sha revision of the weights, if known
 * @param dtype such as {@code torch.bfloat16}
 * @param deviceType such as {@code cpu} or {@code cuda}
 * @param pipelineTag the hub's tag, if known
 * @param quantize format of quantized weights, if they are
 * @param backend what computes, if known: device, kernels, threads
 */
public record ModelInfo(
        String id,
        @Nullable String sha,
        String dtype,
        String deviceType,
        @Nullable String pipelineTag,
        @Nullable String quantize,
        @Nullable String backend) {

    /** A model nobody knows more about. */
    public static ModelInfo of(String id, String dtype, String deviceType) {
        return new ModelInfo(id, null, dtype, deviceType, null, null, null);
    }
}
