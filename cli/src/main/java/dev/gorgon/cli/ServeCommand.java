package dev.gorgon.cli;

import dev.gorgon.engine.backend.KvStorage;
import dev.gorgon.hub.AdapterSource;
import dev.gorgon.server.Access;
import dev.gorgon.server.BuildInfo;
import dev.gorgon.server.GorgonServer;
import dev.gorgon.server.ModelInfo;
import dev.gorgon.server.ServerConfig;
import dev.gorgon.server.tracing.Tracing;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.concurrent.Callable;
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

    @Mixin
    ObservabilityOptions observability = new ObservabilityOptions();

    @Mixin
    AccessOptions accessOptions = new AccessOptions();

    @Mixin
    PatienceOptions patience = new PatienceOptions();

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
            names = "--lorax-strict",
            defaultValue = "${env:LORAX_STRICT:-false}",
            description = "answer on /v1 exactly as LoRAX does, oddities included, instead of as OpenAI specifies")
    boolean loraxStrict;

    @Option(
            names = "--download-only",
            defaultValue = "${env:DOWNLOAD_ONLY:-false}",
            description = "fetch the model and its adapters, and end")
    boolean downloadOnly;

    @Override
    public Integer call() throws InterruptedException {
        long start = System.nanoTime();
        Logs.forServer(observability.jsonOutput);
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
        accessOptions.validate();
        patience.validate();
        IgnoredFlags.notices(spec().commandLine().getParseResult(), System.getenv())
                .forEach(LOG::warn);
        if (showEnvironment) {
            RuntimeReport.lines(options, System.getenv()).forEach(LOG::info);
        }
        if (downloadOnly) {
            ServedModel.download(options, adapterOptions, sourceOptions);
            return 0;
        }
        try (ServedModel served = ServedModel.load(options, adapterOptions, sourceOptions);
                Tracing tracing = observability.tracing();
                GorgonServer server = new GorgonServer(config(served, source), new EngineInference(served), tracing)) {
            server.start(port, hostname);
            StopSignals signals = new StopSignals(server::closeNow);
            signals.listen();
            warnIfOpen();
            LOG.info(
                    "ready on {}://{}:{} after {} ms",
                    accessOptions.tls().isPresent() ? "https" : "http",
                    hostname,
                    server.port(),
                    (System.nanoTime() - start) / 1_000_000);
            signals.await();
        } finally {
            Logs.flush();
        }
        return 0;
    }

    private void warnIfOpen() {
        Access access = accessOptions.access();
        if (!access.guarded() && !isLoopback(hostname)) {
            LOG.warn(
                    "everybody who reaches {} may use this server; --api-key or --api-key-file asks for a key",
                    hostname);
        }
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false; // a name that is told when the port is opened
        }
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
        int cachePositions = served.model().decoder().storage().blocks() * KvStorage.BLOCK;
        ServerConfig.Builder config = ServerConfig.builder(
                        modelInfo(served),
                        patience.limits(limitOptions.limits(served.maxTotalTokens()), cachePositions),
                        limitOptions.batch(cachePositions),
                        new BuildInfo(Main.version(), null, null))
                .defaultAdapterSource(source)
                .access(accessOptions.access())
                .connections(patience.connections(limitOptions.maxBodyBytes))
                .timeouts(patience.timeouts())
                .cors(accessOptions.cors())
                .loraxStrict(loraxStrict);
        accessOptions.tls().ifPresent(config::tls);
        return config.build();
    }
}
