package dev.gorgon.client.error;

/** There was no answer: the connection failed, or broke before the answer was complete. */
public final class ConnectionException extends GorgonException {
    private static final long serialVersionUID = 1L;

    /** @param cause what the connection reported */
    public ConnectionException(String message, Throwable cause) {
        super(Failure.local(message));
        initCause(cause);
    }

    /** Without a cause. */
    public ConnectionException(String message) {
        super(Failure.local(message));
    }
}
