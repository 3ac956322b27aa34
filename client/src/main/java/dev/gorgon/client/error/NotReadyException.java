package dev.gorgon.client.error;

/** 424 without a type, or 503: the server is there, but does not serve now. */
public final class NotReadyException extends GorgonException {
    private static final long serialVersionUID = 1L;

    NotReadyException(Failure failure) {
        super(failure);
    }
}
