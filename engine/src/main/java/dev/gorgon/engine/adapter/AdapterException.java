package dev.gorgon.engine.adapter;

/** An adapter that cannot be loaded. The message is fit for the client that asked for it. */
public class AdapterException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public AdapterException(String message) {
        super(message);
    }

    public AdapterException(String message, Throwable cause) {
        super(message, cause);
    }
}
