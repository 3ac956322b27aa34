package dev.gorgon.server.generate;

import dev.gorgon.server.http.ApiException;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.Optional;

/** How long a request may take: what the server allows, or less if the request says so itself. */
final class RequestTimeout {
    /** A client's own limit in milliseconds, from the end of its body to the end of the answer. */
    static final String HEADER = "x-request-timeout-ms";

    private static final int MAX_DIGITS = 10;

    private RequestTimeout() {}

    /**
     * The limit, if there is one.
     *
     * @param serverWide zero is none
     * @throws ApiException 422 if the request's own limit is no positive number
     */
    static Optional<Duration> of(HttpServerRequest request, Duration serverWide) {
        String header = request.getHeader(HEADER);
        Duration limit = serverWide;
        if (header != null) {
            Duration own = Duration.ofMillis(millis(header.strip()));
            limit = serverWide.isZero() || own.compareTo(serverWide) < 0 ? own : serverWide;
        }
        return limit.isZero() ? Optional.empty() : Optional.of(limit);
    }

    private static long millis(String text) {
        boolean number =
                !text.isEmpty() && text.length() <= MAX_DIGITS && text.chars().allMatch(c -> c >= '0' && c <= '9');
        long millis = number ? Long.parseLong(text) : 0;
        if (millis == 0) {
            throw ApiException.validation("the header `" + HEADER + "` must be a positive number of milliseconds");
        }
        return millis;
    }
}
