package dev.gorgon.engine.adapter;

import java.util.Locale;

/** An adapter that cannot be loaded. The message is fit for the client that asked for it. */
public class AdapterException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Code code;

    /** Files that are not what they should be. */
    public AdapterException(String message) {
        this(Code.INVALID_ADAPTER, message);
    }

    /** Files that are not what they should be. */
    public AdapterException(String message, Throwable cause) {
        this(Code.INVALID_ADAPTER, message, cause);
    }

    public AdapterException(Code code, String message) {
        super(message);
        this.code = code;
    }

    public AdapterException(Code code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    public Code code() {
        return code;
    }

    /** Kinds of failures. */
    public enum Code {
        /** The source knows no such adapter, or hides it from this caller. */
        ADAPTER_NOT_FOUND,
        /** The source does not let this caller have it. */
        ACCESS_DENIED,
        /** The files are missing, damaged, or hold no adapter. */
        INVALID_ADAPTER,
        /** A sound adapter for another model. */
        INCOMPATIBLE_ADAPTER,
        /** A sound adapter that asks for something this program or this server's configuration does not do. */
        UNSUPPORTED_ADAPTER,
        /** Larger than the memory that the server may use for adapters. */
        ADAPTER_TOO_LARGE,
        /** Nothing is wrong with the adapter; it could not be brought here or into memory this time. */
        ADAPTER_UNAVAILABLE;

        /** As in error objects: {@code invalid_adapter}. */
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
