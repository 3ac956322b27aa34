package dev.gorgon.server.http;

import dev.gorgon.server.json.BodyException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects one body within the limits of {@link Bodies}. Its memory stays taken from the budget until {@link #release}. Confined
 * to the request's event loop.
 */
final class BodyReader {
    private static final ApiException TOO_LARGE =
            ApiException.unreadable(413, "Failed to buffer the request body: length limit exceeded");
    private static final ApiException TOO_SLOW =
            ApiException.unreadable(408, "Failed to buffer the request body: the client sent it too slowly");
    private static final BodyException CLIENT_GONE = new BodyException(400, "the client closed the connection");
    private static final long LINGER_MILLIS = 2_000;

    private final Vertx vertx;
    private final HttpServerRequest request;
    private final BodyBudget budget;
    private final int maxBytes;
    private final Promise<byte[]> body = Promise.promise();
    private final List<Buffer> chunks = new ArrayList<>();
    private int length;

    BodyReader(Vertx vertx, HttpServerRequest request, BodyBudget budget, int maxBytes) {
        this.vertx = vertx;
        this.request = request;
        this.budget = budget;
        this.maxBytes = maxBytes;
    }

    /** The body, or why there is none: an {@link ApiException} or {@link BodyException}. */
    Future<byte[]> read(long patienceMillis) {
        if (declaredLength() > maxBytes) {
            refuse(TOO_LARGE);
            return body.future();
        }
        long timer = vertx.setTimer(patienceMillis, id -> refuse(TOO_SLOW));
        request.exceptionHandler(gone -> body.tryFail(CLIENT_GONE));
        request.handler(this::received);
        request.endHandler(end -> {
            if (!body.future().isComplete()) {
                body.complete(joined());
            }
        });
        return body.future().onComplete(done -> vertx.cancelTimer(timer));
    }

    /** Gives the memory back; call when the body is not needed any more. */
    void release() {
        chunks.clear();
        budget.give(length);
        length = 0;
    }

    private void received(Buffer chunk) {
        if (body.future().isComplete()) {
            return; // the rest of a refused body
        }
        if (chunk.length() > maxBytes - length) {
            refuse(TOO_LARGE);
        } else if (!budget.tryTake(chunk.length())) {
            refuse(ApiException.bodiesOverloaded());
        } else {
            length += chunk.length();
            chunks.add(chunk);
        }
    }

    private byte[] joined() {
        byte[] all = new byte[length];
        int at = 0;
        for (Buffer chunk : chunks) {
            chunk.getBytes(all, at);
            at += chunk.length();
        }
        chunks.clear();
        return all;
    }

    /**
     * Refuses a body that is still arriving. The connection cannot be used again, but closing it at once would make the client
     * see a reset instead of the answer: what comes in the next moments is read and dropped.
     */
    private void refuse(ApiException reason) {
        if (body.future().isComplete()) {
            return;
        }
        if (request.version() != HttpVersion.HTTP_2) { // there, streams end on their own; the connection serves others
            request.response().putHeader("connection", "close");
            vertx.setTimer(LINGER_MILLIS, id -> request.connection().close());
        }
        body.fail(reason); // sends the answer
    }

    private long declaredLength() {
        String declared = request.getHeader("content-length");
        if (declared == null) {
            return -1;
        }
        try {
            return Long.parseLong(declared.trim());
        } catch (NumberFormatException e) {
            return -1; // larger than a long, or nonsense: the bytes that arrive are counted
        }
    }
}
