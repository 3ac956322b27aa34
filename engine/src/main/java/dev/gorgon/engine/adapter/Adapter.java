package dev.gorgon.engine.adapter;

/**
 * A loaded, completely validated adapter: a LoRA, Medusa heads, or both from one folder. Immutable; shared by all requests that
 * name it.
 */
public interface Adapter {

    /** The name it was loaded under, for messages and metrics. */
    String id();

    /** Bytes of off-heap memory it occupies. */
    long bytes();
}
