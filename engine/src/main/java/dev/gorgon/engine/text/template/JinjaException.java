package dev.gorgon.engine.text.template;

/** A template that is wrong, that was stopped, or that refused its variables. */
public final class JinjaException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final int MAX_MESSAGE = 2000;

    private final String message;
    private final boolean raised;

    private JinjaException(String message, boolean raised) {
        super(message);
        this.message = message;
        this.raised = raised;
    }

    /** The template called {@code raise_exception}. */
    static JinjaException raised(String message) {
        return new JinjaException(message, true);
    }

    static JinjaException error(String message) {
        boolean isLong = message.length() > MAX_MESSAGE;
        return new JinjaException(isLong ? message.substring(0, MAX_MESSAGE) + "…" : message, false);
    }

    static JinjaException syntax(String message, int line) {
        return new JinjaException(message + " (line " + line + ")", false);
    }

    /** The same error with the place where it happened; the template's own words stay as they are. */
    JinjaException at(int line) {
        if (raised) {
            return this;
        }
        JinjaException placed = new JinjaException(message + " (line " + line + ")", false);
        placed.setStackTrace(getStackTrace());
        return placed;
    }

    @Override
    public String getMessage() {
        return message;
    }

    /** Whether the template called {@code raise_exception}; the message is its argument then. */
    public boolean isRaised() {
        return raised;
    }
}
