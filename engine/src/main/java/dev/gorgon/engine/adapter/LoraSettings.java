package dev.gorgon.engine.adapter;

/** What a LoRA's tensors do not say. */
interface LoraSettings {

    /** Rank that a module's factors must have. */
    int rank(String module);

    /** Factor of B·A·x for a module. */
    double scale(String module);

    /** Whether PEFT gives the LM head the change of the embeddings and the other way round. */
    boolean tiedTogether();
}
