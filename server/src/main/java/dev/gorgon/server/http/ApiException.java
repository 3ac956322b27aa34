package dev.gorgon.server.http;

import dev.gorgon.server.json.JsonOut;
import org.jspecify.annotations.Nullable;

/**
 * A request that was understood and refused, or failed: a status and LoRAX's error object (contract, section 1.3). On an event
 * stream the object becomes an event and the status is lost.
 */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String type;
    private final String failure;

    private ApiException(int status, String type, String failure, String message, @Nullable Throwable cause) {
        super(message, cause, false, false);
        this.status = status;
        this.type = type;
        this.failure = failure;
    }

    /** The request breaks a rule; the detail says which. */
    public static ApiException validation(String detail) {
        return new ApiException(422, "validation", "validation", "Input validation error: " + detail, null);
    }

    /** As many requests as permitted are in flight. */
    public static ApiException overloaded() {
        return new ApiException(429, "overloaded", "overloaded", "Model is overloaded", null);
    }

    /** The engine or the adapter loader failed; the message of the innermost cause is shown. */
    public static ApiException generation(Throwable cause) {
        return generation("generation", cause);
    }

    /** An adapter could not be found, fetched or loaded. */
    public static ApiException adapter(Throwable cause) {
        return generation("load_adapter", cause);
    }

    private static ApiException generation(String failure, Throwable cause) {
        String detail = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new ApiException(
                424, "generation", failure, "Request failed during generation: Server error: " + detail, cause);
    }

    /** The engine closed the stream without a last token. */
    public static ApiException incomplete() {
        return new ApiException(500, "incomplete_generation", "incomplete", "Incomplete generation", null);
    }

    /** The server is not ready to serve. */
    public static ApiException unhealthy() {
        return new ApiException(503, "healthcheck", "healthcheck", "unhealthy", null);
    }

    /** A defect of the server itself; details go to the log only. */
    public static ApiException internal() {
        return new ApiException(500, "internal", "internal", "Internal server error", null);
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** The word for this failure in {@code lorax_request_failure{err=…}}. */
    public String failure() {
        return failure;
    }

    /** The error object. */
    public String json() {
        return JsonOut.write(
                out -> out.object(() -> out.text("error", getMessage()).text("error_type", type)));
    }
}
