package dev.gorgon.server.json;

/**
 * A request body that was refused before any meaning was given to it; answered as plain text (LoRAX contract, section 1.2).
 */
public final class BodyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    /**
     * @param status 400, 413, 415 or 422
     * @param text the whole body of the answer
     */
    public BodyException(int status, String text) {
        super(text, null, false, false);
        this.status = status;
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** The body of the answer. */
    public String text() {
        return String.valueOf(getMessage());
    }
}
