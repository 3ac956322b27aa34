package dev.gorgon.server.http;

import io.vertx.core.http.HttpServerRequest;

/** The token of an {@code Authorization} header. */
public final class BearerToken {
    private static final String SCHEME = "Bearer ";

    private BearerToken() {}

    /** The token, or empty if the request carries none; the scheme is case-sensitive, as in LoRAX (contract, section 2.6). */
    public static String of(HttpServerRequest request) {
        String authorization = request.getHeader("authorization");
        return authorization != null && authorization.startsWith(SCHEME)
                ? authorization.substring(SCHEME.length())
                : "";
    }
}
