package dev.gorgon.server.http;

import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;

/** Answers HTTP/1 requests whose head is too long or no HTTP at all, and closes the connection. */
public final class InvalidRequests implements Handler<HttpServerRequest> {
    private final int maxLineBytes;
    private final int maxHeaderBytes;

    public InvalidRequests(int maxLineBytes, int maxHeaderBytes) {
        this.maxLineBytes = maxLineBytes;
        this.maxHeaderBytes = maxHeaderBytes;
    }

    @Override
    public void handle(HttpServerRequest request) {
        request.response().putHeader("connection", "close");
        Replies.error(request.response(), error(request.decoderResult().cause()));
        request.connection().close();
    }

    private ApiException error(Throwable cause) {
        return switch (cause) {
            case TooLongHttpLineException line ->
                ApiException.unreadable(414, "The request line is longer than %d bytes".formatted(maxLineBytes));
            case TooLongHttpHeaderException header ->
                ApiException.unreadable(431, "The headers are longer than %d bytes".formatted(maxHeaderBytes));
            default -> ApiException.unreadable(400, "This is not an HTTP request");
        };
    }
}
