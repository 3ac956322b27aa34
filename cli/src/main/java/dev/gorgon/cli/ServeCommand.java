package dev.gorgon.cli;

import dev.gorgon.engine.backend.KvStorage;
import dev.gorgon.hub.AdapterSource;
import dev.gorgon.server.BuildInfo;
import dev.gorgon.server.GorgonServer;
import dev.gorgon.server.ModelInfo;
import dev.gorgon.server.ServerConfig;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code gorgon serve}: the HTTP server. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description = "Serves a model with its adapters over HTTP, with the API of LoRAX.")
final class ServeCommand implements Callable<Integer> {

    private static final Logger LOG = LoggerFactory.getLogger(ServeCommand.class);

    /** LoRAX's launcher waits as long. */
    private static final int SHUTDOWN_SECONDS = 90;

    @Spec
    @Nullable
    CommandSpec command;

    @Mixin
    ModelOptions options = new ModelOptions();

    @Mixin
    AdapterOptions adapterOptions = new AdapterOptions();

    @Mixin
    SourceOptions sourceOptions = new SourceOptions();

    @Mixin
    LimitOptions limitOptions = new LimitOptions();

    @Option(
            names = "--admin-key",
            defaultValue = "${env:ADMIN_KEY:-}",
            paramLabel = "KEY",
            description =
                    "what an operator sends as 'Authorization: Bearer KEY' to load and unload adapters and to see private"
                            + " ones; better given as the environment variable ADMIN_KEY (default: nobody may)")
    String adminKey = "";

    @Option(
            names = {"-p", "--port"},
            defaultValue = "${env:PORT:-8080}",
            paramLabel = "PORT",
            description = "TCP port; 0 takes a free one (default: ${DEFAULT-VALUE})")
    int port = 8080;

    @Option(
            names = "--hostname",
            defaultValue = "${env:HOSTNAME_BIND:-127.0.0.1}",
            paramLabel = "HOST",
            description = "address to listen on; 0.0.0.0 opens the server to the network (default: ${DEFAULT-VALUE})")
    String hostname = "127.0.0.1";

    @Option(
            names = "--default-adapter-source",
            defaultValue = "${env:DEFAULT_ADAPTER_SOURCE:-}",
            paramLabel = "SOURCE",
            description = "source of adapters whose request names none (default: that of --adapter-source)")
    String defaultAdapterSource = "";

    @Option(
            names = {"-e", "--env"},
            description = "log what program, machine and environment this is, then serve")
    boolean showEnvironment;

    @Option(
            names = "--download-only",
            defaultValue = "${env:DOWNLOAD_ONLY:-false}",
            description = "fetch the model and its adapters, and end")
    boolean downloadOnly;

    @Override
    public Integer call() throws InterruptedException {
        long start = System.nanoTime();
        AdapterSource source = defaultAdapterSource.isEmpty()
                ? options.source()
                : AdapterSource.parse(defaultAdapterSource)
                        .orElseThrow(() -> new ParameterException(
                                spec().commandLine(),
                                "--default-adapter-source is " + defaultAdapterSource
                                        + "; choose hub, local, s3 or pbase"));
        if (port < 0 || port > 65535) {
            throw new ParameterException(spec().commandLine(), "--port must be from 0 to 65535, got " + port);
        }
        limitOptions.validate(options);
        IgnoredFlags.notices(spec().commandLine().getParseResult(), System.getenv())
                .forEach(LOG::warn);
        if (showEnvironment) {
            RuntimeReport.lines(options, System.getenv()).forEach(LOG::info);
        }
        if (downloadOnly) {
            ServedModel.download(options, adapterOptions, sourceOptions);
            return 0;
        }
        CountDownLatch stop = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        try (ServedModel served = ServedModel.load(options, adapterOptions, sourceOptions);
                GorgonServer server = new GorgonServer(config(served, source), new EngineInference(served))) {
            server.start(port, hostname);
            // The JVM ends when its hooks end, so the hook waits for the server to be closed — not for this thread,
            // whose own
            // exit would wait for the hook.
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
                LOG.info("stopping: requests under way are finished first");
                stop.countDown();
                await(closed);
            }));
            LOG.info(
                    "ready on http://{}:{} after {} ms",
                    hostname,
                    server.port(),
                    (System.nanoTime() - start) / 1_000_000);
            stop.await();
        } finally {
            closed.countDown();
        }
        return 0;
    }

    private CommandSpec spec() {
        if (command == null) {
            throw new IllegalStateException("the command was not made by the command line");
        }
        return command;
    }

    private ModelInfo modelInfo(ServedModel served) {
        return new ModelInfo(
                options.modelId,
                null,
                "torch." + options.dtype,
                "cpu",
                null,
                options.quantize.isEmpty()
                        ? null
                        : options.weightFormat().name().toLowerCase(Locale.ROOT),
                served.model().backend().name());
    }

    private ServerConfig config(ServedModel served, AdapterSource source) {
        return ServerConfig.builder(
                        modelInfo(served),
                        limitOptions.limits(served.maxTotalTokens()),
                        limitOptions.batch(served.model().decoder().storage().blocks() * KvStorage.BLOCK),
                        new BuildInfo(Main.version(), null, null))
                .defaultAdapterSource(source)
                .adminKey(adminKey)
                .build();
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(SHUTDOWN_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("gave up waiting for requests under way");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
