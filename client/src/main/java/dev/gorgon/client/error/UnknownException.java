package dev.gorgon.client.error;

/** Any other status, or an answer that does not mean anything. */
public final class UnknownException extends GorgonException {
    private static final long serialVersionUID = 1L;

    UnknownException(Failure failure) {
        super(failure);
    }

    /** Without an answer of the server. */
    public UnknownException(String message) {
        super(Failure.local(message));
    }
}
