package dev.gorgon.server;

import dev.gorgon.server.adapters.AdapterRoutes;
import dev.gorgon.server.docs.DocsRoutes;
import dev.gorgon.server.http.Cors;
import dev.gorgon.server.http.Replies;
import dev.gorgon.server.lorax.GenerateRoutes;
import dev.gorgon.server.lorax.OtherTaskRoutes;
import dev.gorgon.server.lorax.StartupRoute;
import dev.gorgon.server.lorax.StatusRoutes;
import dev.gorgon.server.lorax.TokenizeRoute;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The route table (LoRAX contract, section 1.1). Unknown paths are 404, wrong methods 405 with {@code Allow}; both empty. */
final class Routes {
    private static final Logger log = LoggerFactory.getLogger(Routes.class);

    private final Router router;
    private final Map<String, Set<String>> methods = new TreeMap<>();

    private Routes(Vertx vertx) {
        this.router = Router.router(vertx);
    }

    /** All that answers. */
    record Handlers(
            GenerateRoutes generate,
            Handler<RoutingContext> completions,
            Handler<RoutingContext> chat,
            OtherTaskRoutes others,
            StartupRoute startup,
            TokenizeRoute tokenize,
            AdapterRoutes adapters,
            StatusRoutes status,
            DocsRoutes docs) {}

    static Router router(Vertx vertx, Handlers handlers) {
        GenerateRoutes generate = handlers.generate();
        AdapterRoutes adapters = handlers.adapters();
        StatusRoutes status = handlers.status();
        Routes routes = new Routes(vertx);
        routes.router.route().handler(new Cors());
        routes.post("/", generate::compatible);
        routes.post("/invocations", generate::compatible);
        routes.post("/generate", generate::generate);
        routes.post("/generate_stream", generate::generateStream);
        routes.post("/v1/completions", handlers.completions());
        routes.post("/v1/chat/completions", handlers.chat());
        OtherTaskRoutes others = handlers.others();
        routes.post("/v1/embeddings", others::embeddings);
        routes.post("/embed", others::embed);
        routes.post("/classify", others::classify);
        routes.post("/classify_batch", others::classifyBatch);
        routes.get("/startup", handlers.startup()::startup);
        routes.post("/tokenize", handlers.tokenize()::tokenize);
        routes.get("/adapters", adapters::list);
        routes.post("/adapters/load", adapters::load);
        routes.post("/adapters/unload", adapters::unload);
        routes.get("/v1/models", adapters::models);
        routes.get("/", status::health);
        routes.get("/ping", status::health);
        routes.get("/health", status::health);
        routes.get("/info", status::info);
        routes.get("/metrics", status::metrics);
        routes.get("/api-doc/openapi.json", handlers.docs()::document);
        routes.get("/docs", handlers.docs()::page);
        routes.refusals();
        return routes.router;
    }

    private void get(String path, Handler<RoutingContext> handler) {
        router.route(path).method(HttpMethod.GET).method(HttpMethod.HEAD).handler(handler);
        allow(path).addAll(Set.of("GET", "HEAD"));
    }

    private void post(String path, Handler<RoutingContext> handler) {
        router.route(path).method(HttpMethod.POST).handler(handler);
        allow(path).add("POST");
    }

    private Set<String> allow(String path) {
        return methods.computeIfAbsent(path, unknown -> new TreeSet<>());
    }

    /** The router takes a trailing slash for none. */
    private Set<String> allowed(String path) {
        String plain = path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        return methods.getOrDefault(plain, Set.of());
    }

    private void refusals() {
        router.errorHandler(400, context -> Replies.empty(context.response(), 400));
        router.errorHandler(404, context -> Replies.empty(context.response(), 404));
        router.errorHandler(405, context -> {
            context.response().putHeader("allow", String.join(",", allowed(context.normalizedPath())));
            Replies.empty(context.response(), 405);
        });
        router.errorHandler(500, context -> {
            log.error("{} failed unexpectedly", context.request().path(), context.failure());
            Replies.empty(context.response(), 500);
        });
    }
}
