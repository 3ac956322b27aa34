package dev.gorgon.engine.schedule;

/** A generation that could not be started or finished. The message says what was wrong and what to do. */
public class GenerationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public GenerationException(String message) {
        super(message);
    }

    public GenerationException(String message, Throwable cause) {
        super(message, cause);
    }
}
