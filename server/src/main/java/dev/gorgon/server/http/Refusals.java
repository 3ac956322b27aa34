package dev.gorgon.server.http;

import io.vertx.ext.web.RoutingContext;

/** Error answers in the words of the API that was called: OpenAI's envelope on {@code /v1}, LoRAX's object elsewhere. */
public final class Refusals {
    private final boolean loraxStrict;

    /** @param loraxStrict whether {@code /v1} speaks LoRAX's language, too */
    public Refusals(boolean loraxStrict) {
        this.loraxStrict = loraxStrict;
    }

    /** Answers with an error; does nothing if the client is gone or was already answered. */
    public void send(RoutingContext context, ApiException error) {
        (isOpenAi(context) ? OpenAiError.STYLE : ErrorStyle.LORAX).error(context.response(), error);
    }

    private boolean isOpenAi(RoutingContext context) {
        String path = plainPath(context);
        return !loraxStrict && (path.equals("/v1") || path.startsWith("/v1/"));
    }

    /** The path as routes see it: normalized, a trailing slash taken for none. */
    public static String plainPath(RoutingContext context) {
        String path = context.normalizedPath();
        return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }
}
