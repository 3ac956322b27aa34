package dev.gorgon.server.access;

import dev.gorgon.server.Access;
import dev.gorgon.server.http.ApiException;
import dev.gorgon.server.http.Refusals;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Stands in front of all routes: finds out who calls, turns away those without a key if keys are wanted, and takes our keys
 * off the request, so that nothing behind can show them or send them to a hub as a token.
 */
public final class Gate implements Handler<RoutingContext> {
    private static final Set<String> HEALTH = Set.of("/", "/health", "/ping", "/startup");
    private static final String API_KEY = "x-api-key";
    private static final String AUTHORIZATION = "authorization";
    private static final String SCHEME = "bearer ";

    private final boolean guarded;
    private final boolean openMetrics;
    private final KeyRing fixed;
    private final Optional<KeyFile> file;
    private final KeyRing admin;
    private final Refusals refusals;

    /**
     * @throws dev.gorgon.server.ServerException if the key file cannot be read
     */
    public Gate(Access access, Refusals refusals) {
        this.guarded = access.guarded();
        this.openMetrics = access.openMetrics();
        this.fixed = KeyRing.of(access.keys());
        this.file = access.keyFile().map(KeyFile::new);
        this.admin = access.adminKey().map(key -> KeyRing.of(List.of(key))).orElse(KeyRing.EMPTY);
        this.refusals = refusals;
    }

    /** Reads the key file again if it changed. Call now and then, from one thread at a time. */
    public void refresh() {
        file.ifPresent(KeyFile::refresh);
    }

    @Override
    public void handle(RoutingContext context) {
        HttpServerRequest request = context.request();
        Caller caller = identify(request, AUTHORIZATION, bearer(request));
        Caller other = identify(request, API_KEY, request.getHeader(API_KEY));
        caller = caller.compareTo(other) >= 0 ? caller : other;
        caller.enter(context);
        if (guarded && caller == Caller.ANYBODY && !isOpen(context)) {
            refusals.send(
                    context,
                    ApiException.unauthorized(
                            "a key is needed; send one of the server's API keys as 'Authorization: Bearer …' or 'x-api-key: …'"));
        } else {
            context.next();
        }
    }

    /** Who sends this key; if it is one of ours, its header is removed. */
    private Caller identify(HttpServerRequest request, String header, @Nullable String key) {
        if (key == null || key.isEmpty()) {
            return Caller.ANYBODY;
        }
        boolean client =
                fixed.opens(key) | file.map(KeyFile::keys).orElse(KeyRing.EMPTY).opens(key);
        boolean operator = admin.opens(key);
        if (client || operator) {
            request.headers().remove(header);
        }
        return operator ? Caller.OPERATOR : client ? Caller.CLIENT : Caller.ANYBODY;
    }

    private static String bearer(HttpServerRequest request) {
        String authorization = request.getHeader(AUTHORIZATION);
        return authorization != null && authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
                ? authorization.substring(SCHEME.length()).strip()
                : "";
    }

    private boolean isOpen(RoutingContext context) {
        HttpMethod method = context.request().method();
        if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD)) {
            return false;
        }
        String path = Refusals.plainPath(context);
        return HEALTH.contains(path) || (openMetrics && path.equals("/metrics"));
    }
}
