package dev.gorgon.client.error;

/** The calling thread was interrupted; its interrupt flag is set, and the request was cancelled. */
public final class RequestInterruptedException extends GorgonException {
    private static final long serialVersionUID = 1L;

    /** Without an answer of the server. */
    public RequestInterruptedException(String message) {
        super(Failure.local(message));
    }
}
