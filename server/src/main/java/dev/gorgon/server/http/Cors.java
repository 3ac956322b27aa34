package dev.gorgon.server.http;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;

/** LoRAX's defaults for browsers on other sites (contract, section 1.10): any origin, GET and POST, {@code content-type}. */
public final class Cors implements Handler<RoutingContext> {

    @Override
    public void handle(RoutingContext context) {
        context.response().putHeader("access-control-allow-origin", "*");
        boolean preflight = context.request().method().equals(HttpMethod.OPTIONS)
                && context.request().getHeader("access-control-request-method") != null;
        if (preflight) {
            context.response()
                    .putHeader("access-control-allow-methods", "GET,POST")
                    .putHeader("access-control-allow-headers", "content-type");
            Replies.empty(context.response(), 200);
        } else {
            context.next();
        }
    }
}
