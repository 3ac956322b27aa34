package dev.gorgon.client.error;

/** 409: it cannot be done as things are. */
public final class ConflictException extends GorgonException {
    private static final long serialVersionUID = 1L;

    ConflictException(Failure failure) {
        super(failure);
    }
}
