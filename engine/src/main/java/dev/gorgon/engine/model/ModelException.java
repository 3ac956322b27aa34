package dev.gorgon.engine.model;

/** A model folder that cannot be served. The message names the file and the setting, and says what is supported. */
public class ModelException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ModelException(String message) {
        super(message);
    }

    public ModelException(String message, Throwable cause) {
        super(message, cause);
    }
}
