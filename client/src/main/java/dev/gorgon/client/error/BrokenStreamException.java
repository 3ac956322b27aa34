package dev.gorgon.client.error;

/** A stream ended before its last event. */
public final class BrokenStreamException extends GorgonException {
    private static final long serialVersionUID = 1L;

    /** @param cause what the connection reported */
    public BrokenStreamException(String message, Throwable cause) {
        super(Failure.local(message));
        initCause(cause);
    }

    /** Without a cause. */
    public BrokenStreamException(String message) {
        super(Failure.local(message));
    }
}
