package dev.gorgon.cli;

import dev.gorgon.hub.AdapterSource;
import dev.gorgon.server.BatchInfo;
import dev.gorgon.server.BuildInfo;
import dev.gorgon.server.GorgonServer;
import dev.gorgon.server.Limits;
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
            names = "--max-concurrent-requests",
            defaultValue = "${env:MAX_CONCURRENT_REQUESTS:-1024}",
            paramLabel = "N",
            description = "requests running and waiting; more are answered 429 (default: ${DEFAULT-VALUE})")
    int maxConcurrentRequests = 1024;

    @Option(
            names = "--max-best-of",
            defaultValue = "${env:MAX_BEST_OF:-2}",
            paramLabel = "N",
            description = "largest best_of (default: ${DEFAULT-VALUE})")
    int maxBestOf = 2;

    @Option(
            names = "--max-stop-sequences",
            defaultValue = "${env:MAX_STOP_SEQUENCES:-4}",
            paramLabel = "N",
            description = "stop sequences per request (default: ${DEFAULT-VALUE})")
    int maxStopSequences = 4;

    @Option(
            names = "--max-input-length",
            defaultValue = "${env:MAX_INPUT_LENGTH:-0}",
            paramLabel = "N",
            description = "prompt tokens of one request (default: --max-total-tokens less one)")
    int maxInputLength;

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
        CountDownLatch stop = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        try (ServedModel served = ServedModel.load(options, adapterOptions);
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
        int total = served.maxTotalTokens();
        return ServerConfig.builder(
                        modelInfo(served),
                        new Limits(
                                maxConcurrentRequests,
                                maxBestOf,
                                maxStopSequences,
                                maxInputLength > 0 ? maxInputLength : total - 1,
                                total,
                                Limits.DEFAULT_BODY_BYTES),
                        BatchInfo.of(served.model().decoder().storage().blocks() * 16),
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
