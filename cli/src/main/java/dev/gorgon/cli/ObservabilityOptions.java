package dev.gorgon.cli;

import dev.gorgon.server.tracing.Tracing;
import dev.gorgon.server.tracing.TracingSettings;
import picocli.CommandLine.Option;

/** How a server shows what it does: docs/observability.md. */
final class ObservabilityOptions {

    @Option(
            names = "--json-output",
            defaultValue = "${env:JSON_OUTPUT:-false}",
            description = "log one JSON object per line")
    boolean jsonOutput;

    @Option(
            names = "--otlp-endpoint",
            defaultValue = "${env:OTLP_ENDPOINT:-}",
            paramLabel = "URL",
            description =
                    "send traces to this collector by OTLP over HTTP, such as http://localhost:4318; the environment"
                            + " variables OTEL_* are understood, too (default: no traces)")
    String otlpEndpoint = "";

    /** Where traces go, by these options and the environment. */
    Tracing tracing() {
        return TracingSettings.from(otlpEndpoint, System.getenv())
                .map(Tracing::start)
                .orElse(Tracing.NONE);
    }
}
