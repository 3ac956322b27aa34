package dev.gorgon.engine.weights;

/** A weight file that cannot be used. The message names the file and, where there is one, the tensor. */
public class WeightsException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public WeightsException(String message) {
        super(message);
    }

    public WeightsException(String message, Throwable cause) {
        super(message, cause);
    }
}
