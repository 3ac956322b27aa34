package dev.gorgon.client.error;

/** 401: the server asks for a key, or for another one. */
public final class UnauthorizedException extends GorgonException {
    private static final long serialVersionUID = 1L;

    UnauthorizedException(Failure failure) {
        super(failure);
    }
}
