package dev.gorgon.client.error;

/**
 * The request breaks a rule; the message says which. Thrown by builders before anything is sent, and for the server's
 * {@code validation}.
 */
public final class ValidationException extends GorgonException {
    private static final long serialVersionUID = 1L;

    ValidationException(Failure failure) {
        super(failure);
    }

    /** Without an answer of the server. */
    public ValidationException(String message) {
        super(Failure.local(message));
    }
}
