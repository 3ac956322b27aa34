package dev.gorgon.server.http;

import dev.gorgon.server.Timeouts;
import io.netty.channel.Channel;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.atomic.AtomicInteger;

/** All open connections of one server: how many, and which of them are idle. Thread-safe. */
public final class Connections {
    private final int max;
    private final Timeouts timeouts;
    private final AtomicInteger open = new AtomicInteger();

    /** @param max open at a time */
    public Connections(int max, Timeouts timeouts) {
        this.max = max;
        this.timeouts = timeouts;
    }

    /** How many are open. */
    public int open() {
        return open.get();
    }

    /** Takes a new connection under watch; false if there are too many. */
    boolean tryOpen(Channel channel) {
        if (open.incrementAndGet() > max) {
            open.decrementAndGet();
            return false;
        }
        channel.closeFuture().addListener(closed -> open.decrementAndGet());
        ConnectionWatch watch = new ConnectionWatch(timeouts.head(), timeouts.idle());
        channel.attr(ConnectionWatch.KEY).set(watch);
        channel.pipeline().addFirst(watch);
        return true;
    }

    /** Notes that a connection is not idle while this request is answered. */
    public static void note(RoutingContext context) {
        if (context.request().connection() instanceof ConnectionBase base) {
            ConnectionWatch watch = base.channel().attr(ConnectionWatch.KEY).get();
            if (watch != null) {
                watch.requestBegan();
                if (context.request().version() != HttpVersion.HTTP_2) { // there, the streams themselves are counted
                    watch.answerBegan();
                    context.addEndHandler(end -> watch.answerEnded());
                }
            }
        }
        context.next();
    }

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
