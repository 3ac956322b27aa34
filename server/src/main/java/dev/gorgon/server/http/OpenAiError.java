package dev.gorgon.server.http;

import dev.gorgon.server.json.JsonOut;
import org.jspecify.annotations.Nullable;

/** OpenAI's error envelope for errors that can happen on every route. */
public final class OpenAiError {
    private OpenAiError() {}

    /** {@code {"error":{"message","type","param","code"}}}. */
    public static String json(ApiException error) {
        return JsonOut.write(out -> out.object(() -> out.name("error")
                .object(() -> out.text("message", error.getMessage())
                        .text("type", type(error.status()))
                        .nothing("param")
                        .text("code", error.code().isEmpty() ? code(error.status()) : error.code()))));
    }

    private static String type(int status) {
        return switch (status) {
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
