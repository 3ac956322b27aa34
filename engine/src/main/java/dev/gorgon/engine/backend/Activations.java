package dev.gorgon.engine.backend;

/** A view of float32 activations, {@code rows × columns}, in a backend's memory. */
public interface Activations {

    int rows();

    int columns();

    /** Rows {@code from} to {@code to} (exclusive), sharing memory. */
    Activations rows(int from, int to);

    /** Columns {@code from} to {@code to} (exclusive), sharing memory. */
    Activations columns(int from, int to);
}
