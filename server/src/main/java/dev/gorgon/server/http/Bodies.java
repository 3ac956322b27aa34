package dev.gorgon.server.http;

import dev.gorgon.server.json.BodyException;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads JSON bodies within limits of size, time and memory (LoRAX contract, section 1.2). Bodies that are too large, too slow
 * or too many are refused with a JSON error of the API that was called; those that are no JSON with LoRAX's plain text.
 */
public final class Bodies {
    private static final BodyException NOT_JSON =
            new BodyException(415, "Expected request with `Content-Type: application/json`");

    private static final Logger log = LoggerFactory.getLogger(Bodies.class);

    private final Vertx vertx;
    private final int maxBytes;
    private final Duration patience;
    private final BodyBudget budget;

    /**
     * @param maxBytes largest body
     * @param patience from the head of a request to the end of its body
     * @param budget memory for all bodies together
     */
    public Bodies(Vertx vertx, int maxBytes, Duration patience, BodyBudget budget) {
        this.vertx = vertx;
        this.maxBytes = maxBytes;
        this.patience = patience;
        this.budget = budget;
    }

    /**
     * Reads the body and gives it to the handler, whose {@link BodyException}s and defects are answered as well. Must be called
     * before the route's handler returns.
     */
    public void handleJson(RoutingContext context, Consumer<byte[]> handler) {
        handleJson(context, ErrorStyle.LORAX, handler);
    }

    /** The same with errors in the words of another API; the handler's {@link ApiException}s are answered, too. */
    public void handleJson(RoutingContext context, ErrorStyle style, Consumer<byte[]> handler) {
        HttpServerResponse response = context.response();
        if (!isJson(context.request().getHeader("content-type"))) {
            style.refuse(response, NOT_JSON);
            return;
        }
        BodyReader reader = new BodyReader(vertx, context.request(), budget, maxBytes);
        reader.read(patience.toMillis()).onComplete((body, refusal) -> {
            try {
                if (refusal instanceof RuntimeException refused) {
                    throw refused;
                }
                handler.accept(body);
            } catch (BodyException e) {
                style.refuse(response, e);
            } catch (ApiException e) {
                style.error(response, e);
            } catch (RuntimeException e) {
                log.error("{} failed unexpectedly", context.request().path(), e);
                style.error(response, ApiException.internal());
            } finally {
                reader.release();
            }
        });
    }

    private static boolean isJson(@Nullable String contentType) {
        if (contentType == null) {
            return false;
        }
        int parameters = contentType.indexOf(';');
        String type = (parameters < 0 ? contentType : contentType.substring(0, parameters))
                .trim()
                .toLowerCase(Locale.ROOT);
        return type.equals("application/json")
                || (type.startsWith("application/") && type.endsWith("+json") && type.length() > 17);
    }
}
