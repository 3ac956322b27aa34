package dev.gorgon.server;

import java.util.List;

/**
 * What pages of other sites may do (LoRAX contract, sections 1.10 and 5.1). Browsers enforce it; it keeps nobody else out.
 *
 * @param origins such as {@code https://example.org}; {@code *} is any
 * @param methods that pages may use
 * @param headers that pages may send
 * @param exposedHeaders of answers that pages may read, beside those they always may
 * @param credentials whether browsers send cookies and stored credentials along; needs named origins
 */
public record CorsPolicy(
        List<String> origins,
        List<String> methods,
        List<String> headers,
        List<String> exposedHeaders,
        boolean credentials) {

    /** LoRAX's defaults: any origin, GET and POST, {@code content-type}. */
    public static final CorsPolicy DEFAULT =
            new CorsPolicy(List.of("*"), List.of("GET", "POST"), List.of("content-type"), List.of(), false);

    public CorsPolicy {
        origins = tokens("origin", origins);
        methods = tokens("method", methods);
        headers = tokens("header", headers);
        exposedHeaders = tokens("exposed header", exposedHeaders);
        if (credentials && origins.contains("*")) {
            throw new ServerException(
                    "CORS with credentials needs origins by name; '*' would let every site act for the user");
        }
    }

    /** Whether pages of this origin may use the server. */
    public boolean allows(String origin) {
        return origins.contains("*") || origins.contains(origin);
    }

    private static List<String> tokens(String what, List<String> values) {
        for (String value : values) {
            if (value.isEmpty() || !value.chars().allMatch(c -> c > ' ' && c <= '~' && c != ',')) {
                throw new ServerException(
                        "a CORS %s must be one word of visible ASCII, got '%s'".formatted(what, value));
            }
        }
        return List.copyOf(values);
    }
}
