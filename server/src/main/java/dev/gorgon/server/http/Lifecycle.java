package dev.gorgon.server.http;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;

/**
 * Whether the server still takes work. Once it drains, it says so on every connection, and refuses whatever would start
 * something new; what runs goes on. Thread-safe.
 */
public final class Lifecycle implements Handler<RoutingContext> {
    private final Refusals refusals;
    private volatile boolean draining;

    public Lifecycle(Refusals refusals) {
        this.refusals = refusals;
    }

    /** From now on no new work is taken. */
    public void drain() {
        draining = true;
    }

    /** Whether the server is on its way out. */
    public boolean isDraining() {
        return draining;
    }

    /**
     * Call right before work starts: its request may have arrived before the server began to drain.
     *
     * @throws ApiException 503 once the server drains
     */
    public void requireServing() {
        if (draining) {
            throw ApiException.shuttingDown();
        }
    }

    @Override
    public void handle(RoutingContext context) {
        if (context.request().version() != HttpVersion.HTTP_2) { // there, a GOAWAY frame says the same
            context.addHeadersEndHandler(head -> {
                if (draining) {
                    context.response().putHeader("connection", "close");
                }
            });
        }
        if (draining && context.request().method().equals(HttpMethod.POST)) {
            refusals.send(context, ApiException.shuttingDown());
        } else {
            context.next();
        }
    }
}
