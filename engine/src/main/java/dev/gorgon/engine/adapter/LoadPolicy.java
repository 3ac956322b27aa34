package dev.gorgon.engine.adapter;

/**
 * What may be loaded.
 *
 * @param ownHeads whether Medusa heads of version 1 may be loaded: each brings an LM head of its own, which takes more memory than
 *     a LoRA by orders of magnitude
 */
public record LoadPolicy(boolean ownHeads) {

    /** For adapters that the server's operator chose: anything. */
    public static final LoadPolicy STATIC = new LoadPolicy(true);

    /** For adapters that requests name, as LoRAX has it: heads of version 2 only. */
    public static final LoadPolicy DYNAMIC = new LoadPolicy(false);
}
