package dev.gorgon.server.http;

import dev.gorgon.server.CorsPolicy;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;

/** Tells browsers what pages of other sites may do, and answers their preflights (LoRAX contract, section 1.10). */
public final class Cors implements Handler<RoutingContext> {
    private final CorsPolicy policy;
    private final boolean anyOrigin;
    private final String methods;
    private final String headers;
    private final String exposed;

    public Cors(CorsPolicy policy) {
        this.policy = policy;
        this.anyOrigin = policy.origins().contains("*");
        this.methods = String.join(",", policy.methods());
        this.headers = String.join(",", policy.headers());
        this.exposed = String.join(",", policy.exposedHeaders());
    }

    @Override
    public void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        MultiMap answer = context.response().headers();
        boolean allowed = allowOrigin(answer, request.getHeader("origin"));
        boolean preflight = request.method().equals(HttpMethod.OPTIONS)
                && request.getHeader("access-control-request-method") != null;
        if (!preflight) {
            if (allowed && !exposed.isEmpty()) {
                answer.set("access-control-expose-headers", exposed);
            }
            context.next();
            return;
        }
        if (allowed) {
            answer.set("access-control-allow-methods", methods).set("access-control-allow-headers", headers);
        }
        Replies.empty(context.response(), 200);
    }

    private boolean allowOrigin(MultiMap answer, @Nullable String origin) {
        if (anyOrigin) {
            answer.set("access-control-allow-origin", "*");
            return true;
        }
        answer.set("vary", "origin"); // caches must not show one site's answer to another
        if (origin == null || !policy.allows(origin)) {
            return false;
        }
        answer.set("access-control-allow-origin", origin);
        if (policy.credentials()) {
            answer.set("access-control-allow-credentials", "true");
        }
        return true;
    }
}
