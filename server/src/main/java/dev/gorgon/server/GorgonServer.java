package dev.gorgon.server;

import dev.gorgon.server.access.Gate;
import dev.gorgon.server.adapters.AdapterRoutes;
import dev.gorgon.server.docs.DocsRoutes;
import dev.gorgon.server.generate.GenerateService;
import dev.gorgon.server.generate.Intake;
import dev.gorgon.server.generate.LiveRequests;
import dev.gorgon.server.generate.Pace;
import dev.gorgon.server.generate.Permits;
import dev.gorgon.server.generate.QueuedTokens;
import dev.gorgon.server.http.AcceptingTransport;
import dev.gorgon.server.http.Bodies;
import dev.gorgon.server.http.BodyBudget;
import dev.gorgon.server.http.Connections;
import dev.gorgon.server.http.Cors;
import dev.gorgon.server.http.ErrorStyle;
import dev.gorgon.server.http.InvalidRequests;
import dev.gorgon.server.http.Lifecycle;
import dev.gorgon.server.http.ListenerOptions;
import dev.gorgon.server.http.OpenAiError;
import dev.gorgon.server.http.Refusals;
import dev.gorgon.server.http.WatchedFiles;
import dev.gorgon.server.lorax.GenerateRoutes;
import dev.gorgon.server.lorax.OtherTaskRoutes;
import dev.gorgon.server.lorax.StartupRoute;
import dev.gorgon.server.lorax.StatusRoutes;
import dev.gorgon.server.lorax.StrictRoutes;
import dev.gorgon.server.lorax.TokenizeRoute;
import dev.gorgon.server.metrics.ServerMetrics;
import dev.gorgon.server.observe.Observers;
import dev.gorgon.server.observe.RequestIds;
import dev.gorgon.server.openai.OpenAiRoutes;
import dev.gorgon.server.openai.RenderRoutes;
import dev.gorgon.server.tracing.Tracing;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.net.BindException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
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
    private static final long START_SECONDS = 30;
    private static final long STOP_SECONDS = 10;
    private static final long FILE_CHECK_MILLIS = 1_000;

    private final ServerConfig config;
    private final Connections connections;
    private final Vertx vertx;
    private final ExecutorService encoder;
    private final BodyBudget bodyBudget;
    private final Intake intake;
    private final Shutdown shutdown;
    private final Gate gate;
    private final Router router;
    private final AtomicBoolean closed = new AtomicBoolean();
    private @Nullable HttpServer http;

    /**
     * A server that does not listen yet, and traces nothing.
     *
     * @throws ServerException if the key file cannot be read
     */
    public GorgonServer(ServerConfig config, Inference inference) {
        this(config, inference, Tracing.NONE);
    }

    /**
     * A server that does not listen yet.
     *
     * @param tracing where spans go; stays the caller's to close, after the server
     * @throws ServerException if the key file cannot be read
     */
    public GorgonServer(ServerConfig config, Inference inference, Tracing tracing) {
        this.config = config;
        Refusals refusals = new Refusals(config.loraxStrict());
        this.gate = new Gate(config.access(), refusals);
        this.connections = new Connections(config.connections().maxConnections(), config.timeouts());
        this.vertx = vertx(connections);
        this.encoder = Executors.newFixedThreadPool(
                config.batch().validationWorkers(),
                Thread.ofPlatform().daemon().name("gorgon-validate-", 0).factory());
        this.bodyBudget = new BodyBudget(config.connections().maxBufferedBodyBytes());
        Lifecycle lifecycle = new Lifecycle(refusals);
        Pace pace = new Pace(() -> inference.stats().waiting(), System::nanoTime);
        this.intake = new Intake(
                new Permits(config.limits().maxConcurrentRequests(), pace),
                new QueuedTokens(config.limits().maxQueuedTokens(), pace),
                new LiveRequests(),
                lifecycle);
        this.shutdown = new Shutdown(config.timeouts(), intake);
        ServerMetrics metrics = ServerMetrics.of(config, inference, tracing);
        Observers observers = new Observers(config.model().id(), metrics.latencies(), tracing);
        Bodies bodies = new Bodies(
                vertx, config.limits().maxBodyBytes(), config.timeouts().body(), bodyBudget);
        GenerateService service =
                new GenerateService(config, inference, intake, metrics.requests(), observers, encoder);
        OpenAiRoutes openAi = new OpenAiRoutes(vertx, bodies, service);
        StrictRoutes strict = new StrictRoutes(vertx, bodies, service);
        this.router = Routes.router(
                vertx,
                List.of(new RequestIds(), Connections::note, new Cors(config.cors()), lifecycle, gate),
                new Routes.Handlers(
                        new GenerateRoutes(vertx, bodies, service),
                        config.loraxStrict() ? strict::completions : openAi::completions,
                        config.loraxStrict() ? strict::chat : openAi::chat,
                        new RenderRoutes(vertx, bodies, service),
                        new OtherTaskRoutes(
                                bodies,
                                metrics.requests(),
                                config.loraxStrict() ? ErrorStyle.LORAX : OpenAiError.STYLE),
                        new StartupRoute(vertx, service),
                        new TokenizeRoute(vertx, bodies, inference, encoder),
                        new AdapterRoutes(vertx, bodies, config, inference.adapters()),
                        new StatusRoutes(config, inference, metrics.exposition(), lifecycle),
                        new DocsRoutes(config.build().version())));
    }

    private static Vertx vertx(Connections connections) {
        // Nothing is served from files: no cache folder is made in /tmp.
        VertxOptions options = new VertxOptions()
                .setEventLoopPoolSize(1)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false));
        return Vertx.builder()
                .with(options)
                .withTransport(new AcceptingTransport(connections))
                .build();
    }

    /**
     * Starts listening; returns when connections are accepted.
     *
     * @param port TCP port; 0 lets the system choose, see {@link #port()}
     * @param host address or name of the interface, such as {@code 0.0.0.0}
     * @throws ServerException if the port is in use, the address is not ours, or the certificate cannot be used
     */
    public void start(int port, String host) {
        HttpServer server = vertx.createHttpServer(ListenerOptions.of(config))
                .requestHandler(router)
                .invalidRequestHandler(new InvalidRequests(
                        config.connections().maxRequestLineBytes(),
                        config.connections().maxHeaderBytes()))
                // Clients may reset connections as they like: nothing an operator must see as an error.
                .connectionHandler(
                        connection -> connection.exceptionHandler(broken -> log.debug("connection broke", broken)))
                .exceptionHandler(broken -> log.debug("connection failed", broken));
        try {
            http = await(server.listen(port, host), START_SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw cannotListen(port, host, e);
        }
        watchFiles(server);
        log.info("Listening on {}:{}", host, port());
    }

    /** Looks once a second for new keys and certificates. */
    private void watchFiles(HttpServer server) {
        if (config.access().keyFile().isPresent()) {
            vertx.setPeriodic(
                    FILE_CHECK_MILLIS,
                    id -> vertx.executeBlocking(() -> {
                        gate.refresh();
                        return id;
                    }));
        }
        config.tls().ifPresent(tls -> {
            WatchedFiles files = new WatchedFiles(tls.files());
            vertx.setPeriodic(FILE_CHECK_MILLIS, id -> {
                if (files.changed()) {
                    renewCertificate(server);
                }
            });
        });
    }

    private void renewCertificate(HttpServer server) {
        server.updateSSLOptions(ListenerOptions.of(config).getSslOptions(), true)
                .onSuccess(done -> log.info("the certificate changed: new connections get the new one"))
                .onFailure(
                        e -> log.warn("the certificate changed, but cannot be used; the old one stays: {}", reason(e)));
    }

    /** The port that is listened on. */
    public int port() {
        HttpServer server = http;
        if (server == null) {
            throw new IllegalStateException("the server was not started");
        }
        return server.actualPort();
    }

    /** Method and path of every route, such as {@code POST /generate}. */
    Set<String> routes() {
        Set<String> routes = new TreeSet<>();
        router.getRoutes().stream()
                .filter(route -> route.getPath() != null && route.methods() != null)
                .forEach(route -> route.methods().forEach(method -> routes.add(method + " " + route.getPath())));
        return routes;
    }

    /** Generations that could be admitted now, of {@link Limits#maxConcurrentRequests()}. */
    public int freePermits() {
        return intake.permits().available();
    }

    /** What the server holds for its clients at this moment; all of it is zero when nobody is there. */
    public ServerLoad load() {
        return new ServerLoad(
                connections.open(), intake.requests().count(), intake.queue().queued(), bodyBudget.used());
    }

    /**
     * Takes no new work, says so to load balancers, accepts connections for as long as {@link Timeouts#drainDelay()} says, lets
     * running requests finish for as long as {@link Timeouts#shutdown()} allows, ends the rest with an error that says why.
     * Returns when all is closed. May be called more than once; only the first call does anything.
     */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        HttpServer server = http;
        if (server != null) {
            try {
                shutdown.run(server);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        quietly("close", vertx.close(), STOP_SECONDS);
        encoder.shutdownNow();
    }

    /** Like {@link #close}, but does not wait for running requests; also shortens a close that is under way. Any thread. */
    public void closeNow() {
        shutdown.hurry();
        close();
    }

    private static ServerException cannotListen(int port, String host, Exception e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        String reason = cause instanceof BindException
                        && String.valueOf(cause.getMessage()).contains("in use")
                ? "port %d is already in use; stop the other program or choose another port with --port".formatted(port)
                : reason(cause);
        return new ServerException("Cannot listen on %s:%d: %s".formatted(host, port, reason), cause);
    }

    private static String reason(Throwable e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
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
