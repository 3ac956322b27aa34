package dev.gorgon.train.distill;

import java.time.Duration;
import java.util.Optional;

/** No answer; the message says why. */
public final class AnswerException extends Exception {
    private static final long serialVersionUID = 1L;

    /** What the failure says about other attempts. */
    public enum Kind {
        /** The same question may be answered later. */
        PASSING,
        /** This conversation has become too long for the model. */
        TOO_LONG,
        /** This question will never be answered, others may. */
        REFUSED,
        /** Nothing will be answered as long as the settings are what they are. */
        FATAL
    }

    private final Kind kind;
    private final transient Optional<Duration> retryAfter;

    public AnswerException(Kind kind, String message) {
        this(kind, message, Optional.empty());
    }

    /** @param retryAfter how long to wait before the next attempt, if that was said */
    public AnswerException(Kind kind, String message, Optional<Duration> retryAfter) {
        super(message);
        this.kind = kind;
        this.retryAfter = retryAfter;
    }

    public Kind kind() {
        return kind;
    }

    public Optional<Duration> retryAfter() {
        return retryAfter;
    }

    /** The message, never missing. */
    String problem() {
        return String.valueOf(getMessage());
    }
}
