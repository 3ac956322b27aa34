package dev.gorgon.server.http;

import dev.gorgon.server.json.BodyException;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;

/** Complete answers. Each does nothing if the client is gone or was already answered. */
public final class Replies {
    private Replies() {}

    /** 200 with JSON. */
    public static void json(HttpServerResponse response, String body) {
        send(response, 200, "application/json", body);
    }

    /** 200 with JSON and extra headers. */
    public static void json(HttpServerResponse response, MultiMap headers, String body) {
        if (open(response)) {
            response.headers().addAll(headers);
            json(response, body);
        }
    }

    /** LoRAX's error object with its status. */
    public static void error(HttpServerResponse response, ApiException error) {
        error(response, error, error.status(), error.json());
    }

    /** An error's headers with any status and JSON. */
    static void error(HttpServerResponse response, ApiException error, int status, String json) {
        if (open(response)) {
            if (error.retryAfterSeconds() > 0) {
                response.putHeader("retry-after", Integer.toString(error.retryAfterSeconds()));
            }
            if (error.status() == 401) {
                response.putHeader("www-authenticate", "Bearer");
            }
            send(response, status, "application/json", json);
        }
    }

    /** A body that was refused before it had a meaning: plain text. */
    public static void refuse(HttpServerResponse response, BodyException error) {
        send(response, error.status(), "text/plain; charset=utf-8", error.text());
    }

    /** Only a status. */
    public static void empty(HttpServerResponse response, int status) {
        if (open(response)) {
            response.setStatusCode(status).putHeader("content-length", "0").end();
        }
    }

    /** Any text. */
    public static void send(HttpServerResponse response, int status, String contentType, String body) {
        send(response, status, contentType, Buffer.buffer(body));
    }

    /** Any bytes. */
    public static void send(HttpServerResponse response, int status, String contentType, Buffer body) {
        if (open(response)) {
            response.setStatusCode(status)
                    .putHeader("content-type", contentType)
                    .end(body);
        }
    }

    private static boolean open(HttpServerResponse response) {
        return !response.ended() && !response.closed() && !response.headWritten();
    }
}
