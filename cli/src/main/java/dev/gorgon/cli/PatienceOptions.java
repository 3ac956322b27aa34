package dev.gorgon.cli;

import dev.gorgon.server.ConnectionLimits;
import dev.gorgon.server.Limits;
import dev.gorgon.server.Timeouts;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How the server behaves under pressure and when it is told to stop. */
final class PatienceOptions {

    @Spec(Spec.Target.MIXEE)
    @Nullable
    CommandSpec command;

    @Option(
            names = "--max-queued-tokens",
            defaultValue = "${env:MAX_QUEUED_TOKENS:--1}",
            paramLabel = "N",
            description =
                    "prompt tokens and tokens to generate of the requests that wait; more are answered 429, 0 is no"
                            + " limit (default: 32 times the key/value cache)")
    long maxQueuedTokens = -1;

    @Option(
            names = "--max-connections",
            defaultValue = "${env:MAX_CONNECTIONS:-10000}",
            paramLabel = "N",
            description = "open connections; one more is closed at once (default: ${DEFAULT-VALUE})")
    int maxConnections = 10_000;

    @Option(
            names = "--request-timeout-s",
            defaultValue = "${env:REQUEST_TIMEOUT_S:-0}",
            paramLabel = "N",
            description =
                    "seconds that a request may take before it is answered 504; callers can ask for less with the header"
                            + " x-request-timeout-ms, 0 is no limit (default: ${DEFAULT-VALUE})")
    int requestTimeoutSeconds;

    @Option(
            names = "--drain-seconds",
            defaultValue = "${env:DRAIN_SECONDS:-60}",
            paramLabel = "N",
            description =
                    "how long running requests may go on after a signal to stop; the rest is handed back with an error"
                            + " (default: ${DEFAULT-VALUE})")
    int drainSeconds = 60;

    @Option(
            names = "--drain-delay-s",
            defaultValue = "${env:DRAIN_DELAY_S:-0}",
            paramLabel = "N",
            description =
                    "how long connections are still accepted after the signal, while /health says 503, so that load"
                            + " balancers take notice (default: ${DEFAULT-VALUE})")
    int drainDelaySeconds;

    /** Checks what picocli cannot. */
    void validate() {
        if (maxQueuedTokens < -1) {
            throw Mistakes.bad(command, "--max-queued-tokens must not be negative, got " + maxQueuedTokens);
        }
        if (maxConnections < 1) {
            throw Mistakes.bad(command, "--max-connections must be at least 1, got " + maxConnections);
        }
        if (requestTimeoutSeconds < 0 || drainSeconds < 0 || drainDelaySeconds < 0) {
            throw Mistakes.bad(
                    command, "--request-timeout-s, --drain-seconds and --drain-delay-s must not be negative");
        }
    }

    /** @param cachePositions tokens the key/value cache holds */
    Limits limits(Limits others, long cachePositions) {
        return others.withMaxQueuedTokens(
                maxQueuedTokens < 0 ? Limits.queuedTokensFor(cachePositions) : maxQueuedTokens);
    }

    /** @param maxBodyBytes largest body of one request */
    ConnectionLimits connections(int maxBodyBytes) {
        ConnectionLimits limits = ConnectionLimits.DEFAULT.withMaxConnections(maxConnections);
        return limits.withMaxBufferedBodyBytes(Math.max(limits.maxBufferedBodyBytes(), maxBodyBytes));
    }

    Timeouts timeouts() {
        return Timeouts.DEFAULT
                .withRequest(Duration.ofSeconds(requestTimeoutSeconds))
                .withShutdown(Duration.ofSeconds(drainDelaySeconds), Duration.ofSeconds(drainSeconds));
    }
}
