package dev.gorgon.server.http;

import dev.gorgon.server.json.BodyException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads JSON bodies within limits of size and time (LoRAX contract, section 1.2). */
public final class Bodies {
    private static final BodyException TOO_LARGE =
            new BodyException(413, "Failed to buffer the request body: length limit exceeded");
    private static final BodyException TOO_SLOW =
            new BodyException(408, "Failed to buffer the request body: the client sent it too slowly");
    private static final BodyException CLIENT_GONE = new BodyException(400, "the client closed the connection");
    private static final long LINGER_MILLIS = 2_000;

    private static final Logger log = LoggerFactory.getLogger(Bodies.class);

    private final Vertx vertx;
    private final int maxBytes;
    private final Duration patience;

    /**
     * @param maxBytes largest body
     * @param patience from the head of a request to the end of its body
     */
    public Bodies(Vertx vertx, int maxBytes, Duration patience) {
        this.vertx = vertx;
        this.maxBytes = maxBytes;
        this.patience = patience;
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
        readJson(context.request()).onComplete((body, refusal) -> {
            try {
                if (refusal instanceof BodyException refused) {
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
            }
        });
    }

    /**
     * The body, or a {@link BodyException}: 415 unless it is declared as JSON, 413 if it is too large, 408 if it takes too long.
     */
    private Future<byte[]> readJson(HttpServerRequest request) {
        if (!isJson(request.getHeader("content-type"))) {
            return Future.failedFuture(
                    new BodyException(415, "Expected request with `Content-Type: application/json`"));
        }
        Promise<byte[]> body = Promise.promise();
        if (declaredLength(request) > maxBytes) {
            refuse(request, body, TOO_LARGE);
            return body.future();
        }
        Buffer received = Buffer.buffer();
        long timer = vertx.setTimer(patience.toMillis(), id -> refuse(request, body, TOO_SLOW));
        request.exceptionHandler(gone -> body.tryFail(CLIENT_GONE));
        request.handler(chunk -> {
            if (body.future().isComplete()) {
                return; // the rest of a refused body
            }
            if (received.length() + chunk.length() > maxBytes) {
                refuse(request, body, TOO_LARGE);
            } else {
                received.appendBuffer(chunk);
            }
        });
        request.endHandler(end -> body.tryComplete(received.getBytes()));
        return body.future().onComplete(done -> vertx.cancelTimer(timer));
    }

    /**
     * Refuses a body that is still arriving. The connection cannot be used again, but closing it at once would make the client
     * see a reset instead of the answer: what comes in the next moments is read and dropped.
     */
    private void refuse(HttpServerRequest request, Promise<byte[]> body, BodyException reason) {
        if (body.future().isComplete()) {
            return;
        }
        if (request.version() != HttpVersion.HTTP_2) { // there, streams end on their own; the connection serves others
            request.response().putHeader("connection", "close");
            vertx.setTimer(LINGER_MILLIS, id -> request.connection().close());
        }
        body.fail(reason); // sends the answer
    }

    private static long declaredLength(HttpServerRequest request) {
        String length = request.getHeader("content-length");
        if (length == null) {
            return -1;
        }
        try {
            return Long.parseLong(length.trim());
        } catch (NumberFormatException e) {
            return -1; // larger than a long, or nonsense: the bytes that arrive are counted
        }
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
