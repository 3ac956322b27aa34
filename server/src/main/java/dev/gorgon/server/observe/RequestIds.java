package dev.gorgon.server.observe;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Gives every request an id: the client's, if it sends a sane one, else a new one. The answer carries it, and so does what is
 * logged for the request.
 */
public final class RequestIds implements Handler<RoutingContext> {
    private static final String HEADER = "x-request-id";
    private static final int LONGEST = 128;

    @Override
    public void handle(RoutingContext context) {
        String given = context.request().getHeader(HEADER);
        context.response().putHeader(HEADER, isSane(given) ? given : fresh());
        context.next();
    }

    /** The id of the request that this answers. */
    public static String of(HttpServerResponse response) {
        String id = response.headers().get(HEADER);
        return id == null ? "" : id;
    }

    /** Visible ASCII only: nothing that could break a header or a line of a log. */
    private static boolean isSane(@Nullable String id) {
        return id != null
                && !id.isEmpty()
                && id.length() <= LONGEST
                && id.chars().allMatch(c -> c > ' ' && c <= '~');
    }

    private static String fresh() {
        HexFormat hex = HexFormat.of();
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return hex.toHexDigits(random.nextLong()) + hex.toHexDigits(random.nextLong());
    }
}
