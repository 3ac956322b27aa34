package dev.gorgon.client.error;

/** {@code incomplete_generation}: the engine ended without a last token. */
public final class IncompleteGenerationException extends GorgonException {
    private static final long serialVersionUID = 1L;

    IncompleteGenerationException(Failure failure) {
        super(failure);
    }
}
