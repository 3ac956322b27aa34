package dev.gorgon.hub;

/** Model or adapter files could not be found or may not be read. The message is fit for the client and says what to do. */
public class HubException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public HubException(String message) {
        super(message);
    }

    public HubException(String message, Throwable cause) {
        super(message, cause);
    }
}
