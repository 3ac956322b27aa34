package dev.gorgon.client.error;

/** 504, or a time limit of this client passed. */
public final class RequestTimeoutException extends GorgonException {
    private static final long serialVersionUID = 1L;

    RequestTimeoutException(Failure failure) {
        super(failure);
    }

    /** Without an answer of the server. */
    public RequestTimeoutException(String message) {
        super(Failure.local(message));
    }
}
