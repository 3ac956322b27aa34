package dev.gorgon.engine.adapter;

/**
 * What may be loaded.
 *
 * @param loras whether LoRAs may be loaded: not on a base model whose weights already hold one, for it is not the model they were
 *     trained for
 * @param ownHeads whether Medusa heads of version 1 may be loaded: each brings an LM head of its own, which takes more memory than
 *     a LoRA by orders of magnitude
 */
public record LoadPolicy(boolean loras, boolean ownHeads) {

    /** For adapters that the server's operator chose: anything. */
    public static final LoadPolicy STATIC = new LoadPolicy(true, true);

    /** For adapters that requests name, as LoRAX has it: heads of version 2 only. */
    public static final LoadPolicy DYNAMIC = new LoadPolicy(true, false);

    /** @throws AdapterException in LoRAX's words, if LoRAs may not be loaded */
    void requireLoras() {
        if (!loras) {
            throw new AdapterException(
                    AdapterException.Code.UNSUPPORTED_ADAPTER,
                    "This model does not support dynamic adapter loading. Please initialize a new model instance from the base"
                            + " model and remove preloaded adapters to use the dynamic adapter loading feature.");
        }
    }
}
