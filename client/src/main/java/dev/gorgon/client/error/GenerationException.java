package dev.gorgon.client.error;

/**
 * {@code generation}: the engine failed, or the adapter could not be found, fetched or loaded; for adapters
 * {@link #code()} says why.
 */
public final class GenerationException extends GorgonException {
    private static final long serialVersionUID = 1L;

    GenerationException(Failure failure) {
        super(failure);
    }
}
