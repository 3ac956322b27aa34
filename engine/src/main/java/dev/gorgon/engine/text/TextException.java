package dev.gorgon.engine.text;

/** A tokenizer that cannot be loaded, or text it cannot handle. */
public class TextException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TextException(String message) {
        super(message);
    }

    public TextException(String message, Throwable cause) {
        super(message, cause);
    }
}
