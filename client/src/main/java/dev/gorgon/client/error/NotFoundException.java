package dev.gorgon.client.error;

/** 404: the server has no such route, model or adapter. */
public final class NotFoundException extends GorgonException {
    private static final long serialVersionUID = 1L;

    NotFoundException(Failure failure) {
        super(failure);
    }
}
