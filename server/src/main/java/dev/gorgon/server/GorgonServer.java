package dev.gorgon.server;

import dev.gorgon.server.adapters.AdapterRoutes;
import dev.gorgon.server.docs.DocsRoutes;
import dev.gorgon.server.generate.GenerateService;
import dev.gorgon.server.generate.Permits;
import dev.gorgon.server.http.Bodies;
import dev.gorgon.server.http.ErrorStyle;
import dev.gorgon.server.http.OpenAiError;
import dev.gorgon.server.lorax.GenerateRoutes;
import dev.gorgon.server.lorax.OtherTaskRoutes;
import dev.gorgon.server.lorax.StartupRoute;
import dev.gorgon.server.lorax.StatusRoutes;
import dev.gorgon.server.lorax.StrictRoutes;
import dev.gorgon.server.lorax.TokenizeRoute;
import dev.gorgon.server.metrics.AdapterMetrics;
import dev.gorgon.server.metrics.EngineMetrics;
import dev.gorgon.server.metrics.Exposition;
import dev.gorgon.server.metrics.RequestMetrics;
import dev.gorgon.server.openai.OpenAiRoutes;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import java.net.BindException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP server in front of one {@link Inference}: LoRAX's routes on one event loop. The caller keeps ownership of the
 * inference and closes it after this.
 */
public final class GorgonServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(GorgonServer.class);
    private static final int MAX_HEADER_BYTES = 64 * 1024;
    private static final long START_SECONDS = 30;
    private static final long STOP_SECONDS = 10;

    private final ServerConfig config;
    private final Vertx vertx;
    private final ExecutorService encoder;
    private final Permits permits;
    private final Router router;
    private final AtomicBoolean closed = new AtomicBoolean();
    private @Nullable HttpServer http;

    /** A server that does not listen yet. */
    public GorgonServer(ServerConfig config, Inference inference) {
        this.config = config;
        // Nothing is served from files: no cache folder is made in /tmp.
        this.vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(1)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        this.encoder = Executors.newFixedThreadPool(
                config.batch().validationWorkers(),
                Thread.ofPlatform().daemon().name("gorgon-validate-", 0).factory());
        this.permits = new Permits(config.limits().maxConcurrentRequests());
        PrometheusRegistry registry = new PrometheusRegistry();
        RequestMetrics metrics = new RequestMetrics(registry, config.limits());
        registry.register(new EngineMetrics(inference::stats));
        registry.register(new AdapterMetrics(inference.adapters()));
        Bodies bodies = new Bodies(
                vertx, config.limits().maxBodyBytes(), config.timeouts().body());
        GenerateService service = new GenerateService(config, inference, permits, metrics, encoder);
        OpenAiRoutes openAi = new OpenAiRoutes(vertx, bodies, service);
        StrictRoutes strict = new StrictRoutes(vertx, bodies, service);
        this.router = Routes.router(
                vertx,
                new Routes.Handlers(
                        new GenerateRoutes(vertx, bodies, service),
                        config.loraxStrict() ? strict::completions : openAi::completions,
                        config.loraxStrict() ? strict::chat : openAi::chat,
                        new OtherTaskRoutes(
                                bodies, metrics, config.loraxStrict() ? ErrorStyle.LORAX : OpenAiError.STYLE),
                        new StartupRoute(vertx, service),
                        new TokenizeRoute(vertx, bodies, inference, encoder),
                        new AdapterRoutes(vertx, bodies, config, inference.adapters()),
                        new StatusRoutes(config, inference, new Exposition(registry)),
                        new DocsRoutes(config.build().version())));
    }

    /**
     * Starts listening; returns when connections are accepted.
     *
     * @param port TCP port; 0 lets the system choose, see {@link #port()}
     * @param host address or name of the interface, such as {@code 0.0.0.0}
     * @throws ServerException if the port is in use or the address is not ours
     */
    public void start(int port, String host) {
        HttpServerOptions options =
                new HttpServerOptions().setHandle100ContinueAutomatically(true).setMaxHeaderSize(MAX_HEADER_BYTES);
        HttpServer server = vertx.createHttpServer(options)
                .requestHandler(router)
                // Clients may reset connections as they like: nothing an operator must see as an error.
                .connectionHandler(
                        connection -> connection.exceptionHandler(broken -> log.debug("connection broke", broken)))
                .exceptionHandler(broken -> log.debug("connection failed", broken));
        try {
            http = await(server.listen(port, host), START_SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw cannotListen(port, host, e);
        }
        log.info("Listening on {}:{}", host, port());
    }

    /** The port that is listened on. */
    public int port() {
        HttpServer server = http;
        if (server == null) {
            throw new IllegalStateException("the server was not started");
        }
        return server.actualPort();
    }

    /** Generations that could be admitted now, of {@link Limits#maxConcurrentRequests()}. */
    public int freePermits() {
        return permits.available();
    }

    /**
     * Stops accepting, lets running requests finish for as long as {@link Timeouts#shutdown()} allows, cancels the rest. May be
     * called more than once.
     */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        HttpServer server = http;
        if (server != null) {
            quietly(
                    "shutdown",
                    server.shutdown(config.timeouts().shutdown()),
                    config.timeouts().shutdown().toSeconds() + STOP_SECONDS);
        }
        quietly("close", vertx.close(), STOP_SECONDS);
        encoder.shutdownNow();
    }

    private static ServerException cannotListen(int port, String host, Exception e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        String reason = cause instanceof BindException
                        && String.valueOf(cause.getMessage()).contains("in use")
                ? "port %d is already in use; stop the other program or choose another port with --port".formatted(port)
                : String.valueOf(cause.getMessage());
        return new ServerException("Cannot listen on %s:%d: %s".formatted(host, port, reason), cause);
    }

    private static void quietly(String what, Future<Void> future, long seconds) {
        try {
            await(future, seconds);
        } catch (ExecutionException | TimeoutException e) {
            log.warn("{} did not finish cleanly", what, e);
        }
    }

    private static <T> T await(Future<T> future, long seconds) throws ExecutionException, TimeoutException {
        try {
            return future.toCompletionStage().toCompletableFuture().get(seconds, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServerException("interrupted", e);
        }
    }
}
