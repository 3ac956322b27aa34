package dev.gorgon.server.http;

import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/** What Vert.x's public interface cannot do with a connection. */
public final class Connections {
    private Connections() {}

    /**
     * Closes at once and drops what was not sent yet. {@link HttpConnection#close()} flushes first, and so waits for ever for a
     * client that does not read, with all its buffers; the channel underneath does not.
     */
    public static void abort(HttpConnection connection) {
        if (connection instanceof ConnectionBase base) {
            base.channelHandlerContext().close();
        } else {
            connection.close();
        }
    }
}
