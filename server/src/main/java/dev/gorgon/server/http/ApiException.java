package dev.gorgon.server.http;

import dev.gorgon.engine.adapter.AdapterException;
import dev.gorgon.hub.HubException;
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
    private final String code;
    private final String parameter;

    private ApiException(int status, String type, String failure, String message, @Nullable Throwable cause) {
        this(status, type, failure, message, Detail.NONE, cause);
    }

    private ApiException(
            int status, String type, String failure, String message, Detail detail, @Nullable Throwable cause) {
        super(message, cause, false, false);
        this.status = status;
        this.type = type;
        this.failure = failure;
        this.code = detail.code;
        this.parameter = detail.parameter;
    }

    /** What LoRAX's error object has no place for; empty if there is none. */
    private record Detail(String code, String parameter) {
        static final Detail NONE = new Detail("", "");
    }

    private static final String VALIDATION = "Input validation error: ";

    /** The request breaks a rule; the detail says which. */
    public static ApiException validation(String detail) {
        return new ApiException(422, "validation", "validation", VALIDATION + detail, null);
    }

    /**
     * The request breaks a rule of OpenAI's API.
     *
     * @param parameter which field is wrong, or empty
     * @param code a word for programs, or empty
     * @param detail says what is wrong and what to do
     */
    public static ApiException badRequest(String parameter, String code, String detail) {
        return new ApiException(
                400, "validation", "validation", VALIDATION + detail, new Detail(code, parameter), null);
    }

    /** The conversation could not become a prompt. */
    public static ApiException template(String detail) {
        return new ApiException(
                422,
                "template_error",
                "template",
                "Failed applying chat template to inputs: " + detail,
                new Detail("", "messages"),
                null);
    }

    /** The chat template needs a variable that only the request could give; the misspelling is LoRAX's. */
    public static ApiException missingTemplateVariable(String name) {
        return new ApiException(
                422,
                "missing_template_variable",
                "template",
                "Missing template vatiable: " + name,
                new Detail("", name),
                null);
    }

    /** Something about tools. */
    public static ApiException tool(String detail) {
        return new ApiException(422, "tool_error", "validation", "Tool error: " + detail, null);
    }

    /** The model cannot do this kind of work. */
    public static ApiException unsupportedModel(String detail) {
        return new ApiException(
                424,
                "generation",
                "generation",
                "Request failed during generation: Server error: " + detail,
                new Detail("unsupported_model", ""),
                null);
    }

    /** As many requests as permitted are in flight. */
    public static ApiException overloaded() {
        return new ApiException(429, "overloaded", "overloaded", "Model is overloaded", null);
    }

    /** The engine or the adapter loader failed; the message of the innermost cause is shown. */
    public static ApiException generation(Throwable cause) {
        return cause.getCause() instanceof AdapterException adapter
                ? adapter(adapter)
                : generation("generation", cause);
    }

    /** An adapter could not be found, fetched or loaded. */
    public static ApiException adapter(Throwable cause) {
        return generation(cause.getCause() instanceof HubException ? "download_adapter" : "load_adapter", cause);
    }

    private static ApiException generation(String failure, Throwable cause) {
        String detail = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new ApiException(
                424,
                "generation",
                failure,
                "Request failed during generation: Server error: " + detail,
                new Detail(code(cause), ""),
                cause);
    }

    /** What kind of adapter failure is behind it, if it is one: of the source's kinds where the source failed. */
    private static String code(Throwable failure) {
        String code = "";
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof AdapterException adapter) {
                code = adapter.code().wireName();
            } else if (cause instanceof HubException source) {
                code = source.code().wireName();
            }
        }
        return code;
    }

    /** The engine closed the stream without a last token. */
    public static ApiException incomplete() {
        return new ApiException(500, "incomplete_generation", "incomplete", "Incomplete generation", null);
    }

    /** The model answered a probe with nothing. */
    public static ApiException emptyGeneration() {
        return new ApiException(500, "failed healthcheck", "healthcheck", "Empty generation", null);
    }

    /** The caller has to say who it is. */
    public static ApiException unauthorized(String message) {
        return new ApiException(401, "unauthorized", "unauthorized", message, null);
    }

    /** Nobody may do this here. */
    public static ApiException forbidden(String message) {
        return new ApiException(403, "forbidden", "forbidden", message, null);
    }

    /** It cannot be done as things are. */
    public static ApiException conflict(String message) {
        return new ApiException(409, "conflict", "conflict", message, null);
    }

    /** The server is not ready to serve. */
    public static ApiException unhealthy() {
        return new ApiException(503, "healthcheck", "healthcheck", "unhealthy", null);
    }

    /** A defect of the server itself; details go to the log only. */
    public static ApiException internal() {
        return new ApiException(500, "internal", "internal", "Internal server error", null);
    }

    /** LoRAX's {@code error_type}. */
    public String type() {
        return type;
    }

    /** A word for programs; empty if there is none. */
    public String code() {
        return code;
    }

    /** Which field of the request is wrong; empty if that is not known. */
    public String parameter() {
        return parameter;
    }

    /** The message without what LoRAX puts before the details of invalid input. */
    public String detail() {
        String message = String.valueOf(getMessage());
        return message.startsWith(VALIDATION) ? message.substring(VALIDATION.length()) : message;
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** The word for this failure in {@code lorax_request_failure{err=…}}. */
    public String failure() {
        return failure;
    }

    /** The error object; failures of adapters have a {@code code} that LoRAX does not have. */
    public String json() {
        return JsonOut.write(out -> out.object(() -> {
            out.text("error", getMessage()).text("error_type", type);
            if (!code.isEmpty()) {
                out.text("code", code);
            }
        }));
    }
}
