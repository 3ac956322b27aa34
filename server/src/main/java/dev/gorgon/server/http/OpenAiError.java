package dev.gorgon.server.http;

import dev.gorgon.server.json.BodyException;
import dev.gorgon.server.json.JsonOut;
import io.vertx.core.http.HttpServerResponse;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Errors as OpenAI's API shows them: {@code {"error":{"message","type","param","code"}}}, with statuses its clients understand.
 * LoRAX's 422 becomes 400. Failures of adapters keep LoRAX's 424, except that an adapter nobody has is OpenAI's 404; other failures
 * of a generation become 500.
 */
public final class OpenAiError implements ErrorStyle {
    /** The style. */
    public static final OpenAiError STYLE = new OpenAiError();

    private static final Pattern FIRST_FIELD = Pattern.compile("`([a-z_]+)`");
    private static final int INVALID_BODY = 422;
    private static final int FAILED_DEPENDENCY = 424;

    private OpenAiError() {}

    @Override
    public void error(HttpServerResponse response, ApiException error) {
        Replies.send(response, status(error), "application/json", json(error));
    }

    @Override
    public void refuse(HttpServerResponse response, BodyException error) {
        int status = error.status() == INVALID_BODY ? 400 : error.status();
        Replies.send(response, status, "application/json", envelope(error.text(), type(status), null, null));
    }

    /** The status of an error. */
    public static int status(ApiException error) {
        if (isMissing(error)) {
            return 404;
        }
        return switch (error.status()) {
            case INVALID_BODY -> 400;
            case FAILED_DEPENDENCY -> isAdapters(error) || !error.code().isEmpty() ? FAILED_DEPENDENCY : 500;
            default -> error.status();
        };
    }

    /** The envelope. */
    public static String json(ApiException error) {
        int status = status(error);
        String code = isMissing(error) ? "model_not_found" : error.code();
        return envelope(
                error.detail(),
                isAdapters(error) ? "adapter_error" : type(status),
                parameter(error),
                code.isEmpty() ? code(status) : code);
    }

    private static String envelope(String message, String type, @Nullable String parameter, @Nullable String code) {
        return JsonOut.write(out -> out.object(() -> out.name("error")
                .object(() -> out.text("message", message)
                        .text("type", type)
                        .text("param", parameter)
                        .text("code", code))));
    }

    private static boolean isAdapters(ApiException error) {
        return error.failure().endsWith("_adapter") && !isMissing(error);
    }

    /** An adapter that its source does not have, or hides. */
    private static boolean isMissing(ApiException error) {
        return error.status() == FAILED_DEPENDENCY
                && (error.code().equals("adapter_not_found") || error.code().equals("not_found"));
    }

    /** Messages about a field begin with its name. */
    private static @Nullable String parameter(ApiException error) {
        if (!error.parameter().isEmpty()) {
            return error.parameter();
        }
        if (isMissing(error)) {
            return "model";
        }
        Matcher field = FIRST_FIELD.matcher(error.detail());
        return error.type().equals("validation") && field.lookingAt() ? field.group(1) : null;
    }

    private static String type(int status) {
        return switch (status) {
            case 401 -> "authentication_error";
            case 403 -> "permission_error";
            case 429 -> "rate_limit_error";
            case 500, 502, 503, 504 -> "server_error";
            default -> "invalid_request_error";
        };
    }

    private static @Nullable String code(int status) {
        return switch (status) {
            case 401 -> "invalid_api_key";
            case 429 -> "rate_limit_exceeded";
            default -> null;
        };
    }
}
