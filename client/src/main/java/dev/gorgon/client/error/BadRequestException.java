package dev.gorgon.client.error;

/** 400: the server could not read the request. */
public final class BadRequestException extends GorgonException {
    private static final long serialVersionUID = 1L;

    BadRequestException(Failure failure) {
        super(failure);
    }
}
