package dev.gorgon.server.http;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;

/** Ends streams that nobody reads. */
public final class Streams {
    private Streams() {}

    /**
     * Cuts off a client that does not read: there is no point in sending it a goodbye.
     *
     * @param abandon gives back what is held for it
     */
    public static void drop(HttpServerRequest request, Runnable abandon) {
        abandon.run();
        if (request.version() == HttpVersion.HTTP_2) {
            request.response().reset();
        } else {
            Connections.abort(request.connection());
        }
    }
}
