package dev.gorgon.engine.adapter;

import java.util.Optional;

/**
 * A loaded, completely validated adapter: a LoRA, Medusa heads, or both from one folder. Immutable; shared by all requests that
 * name it.
 */
public sealed interface Adapter permits Lora, Medusa, MedusaLora {

    /** The name it was loaded under, for messages and metrics. */
    String id();

    /** Bytes of memory it occupies. */
    long bytes();

    /** The low-rank part, if there is one. */
    Optional<Lora> lora();

    /** The heads, if there are any. */
    Optional<Medusa> medusa();

    /** Frees its memory. The caller makes sure that no request uses it any more. */
    void close();
}
