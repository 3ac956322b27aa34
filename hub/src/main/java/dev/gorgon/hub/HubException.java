package dev.gorgon.hub;

import java.util.Locale;

/** Model or adapter files could not be found or may not be read. The message is fit for the client and says what to do. */
public class HubException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Code code;

    public HubException(Code code, String message) {
        super(message);
        this.code = code;
    }

    public HubException(Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    /** What kind of failure it is: decides whether and when it makes sense to try again. */
    public Code code() {
        return code;
    }

    /** Kinds of failures. */
    public enum Code {
        /** The name cannot be one of this source, or leads where it may not. Trying again is useless. */
        INVALID_NAME,
        /** There is no such model, adapter, revision or file (or, for private ones, nothing that this credential may see). */
        NOT_FOUND,
        /** The source knows the caller's credential and does not let it in, or asks for one. */
        ACCESS_DENIED,
        /** The source asks to wait. */
        RATE_LIMITED,
        /** The source cannot be reached or answers with errors of its own. */
        UNREACHABLE,
        /** What arrived is not what was announced: wrong size or hash. */
        DAMAGED,
        /** This machine cannot store the files: disk full, cache not writable. */
        STORAGE,
        /** The source is not set up on this server. */
        NOT_CONFIGURED;

        /** As in error objects: {@code access_denied}. */
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
