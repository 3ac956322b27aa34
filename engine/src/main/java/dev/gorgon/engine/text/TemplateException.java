package dev.gorgon.engine.text;

/** A chat template that does not compile, refused its conversation, or exceeded a limit; the message is fit for the client. */
public final class TemplateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean raisedByTemplate;

    public TemplateException(String message) {
        this(message, false);
    }

    /** @param raisedByTemplate whether the message is what the template gave to {@code raise_exception} */
    public TemplateException(String message, boolean raisedByTemplate) {
        super(message);
        this.raisedByTemplate = raisedByTemplate;
    }

    /** Whether the template itself refused the conversation. */
    public boolean raisedByTemplate() {
        return raisedByTemplate;
    }
}
