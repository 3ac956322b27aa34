package dev.gorgon.server.observe;

import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.server.tracing.FinishedRequest;
import dev.gorgon.server.tracing.FinishedRequest.Generated;
import dev.gorgon.server.tracing.FinishedRequest.Times;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * One line per generating request, at INFO, as key-value pairs: numbers and names, never a prompt, an output or a key. The request's
 * id comes with everything that is logged for it, see {@link Observation#inLogs}.
 */
final class AccessLog {
    /** Its own name, so that operators can turn it off. */
    private static final Logger log = LoggerFactory.getLogger("dev.gorgon.access");

    private static final int LONGEST_NAME = 256;

    private AccessLog() {}

    static boolean isOn() {
        return log.isInfoEnabled();
    }

    /** @param traceId empty if there is no trace */
    static void write(FinishedRequest request, String traceId) {
        Times times = request.times();
        LoggingEventBuilder line = log.atInfo()
                .addKeyValue("route", request.http().route())
                .addKeyValue("status", request.http().status())
                .addKeyValue("adapter", visible(request.ask().adapter()));
        if (!traceId.isEmpty()) {
            line = line.addKeyValue("trace_id", traceId);
        }
        if (!request.succeeded()) {
            line = line.addKeyValue("failure", request.failure());
        }
        List<Completion> completions = request.completions();
        if (!completions.isEmpty()) {
            line = line.addKeyValue("prompt_tokens", request.ask().promptTokens())
                    .addKeyValue("cached_tokens", completions.getFirst().cachedPromptTokens())
                    .addKeyValue("generated_tokens", request.generatedTokens())
                    .addKeyValue(
                            "skipped_tokens",
                            completions.stream()
                                    .mapToInt(Completion::skippedTokens)
                                    .sum())
                    .addKeyValue("finish_reason", request.reasons());
        }
        line = line.addKeyValue("total_ms", millis(times.endedNanos() - times.receivedNanos()))
                .addKeyValue("validation_ms", millis(times.validatedNanos() - times.receivedNanos()));
        if (!request.generations().isEmpty()) {
            line = stages(line, request.generations().getFirst(), times);
        }
        line.log(request.succeeded() ? "generated" : "failed");
    }

    private static LoggingEventBuilder stages(LoggingEventBuilder line, Generated first, Times times) {
        if (first.startedNanos() == 0) {
            return line;
        }
        LoggingEventBuilder more = line.addKeyValue("queue_ms", millis(first.startedNanos() - times.validatedNanos()));
        if (first.firstTokenNanos() != 0) {
            more = more.addKeyValue("first_token_ms", millis(first.firstTokenNanos() - times.receivedNanos()));
        }
        return first.endedNanos() == 0
                ? more
                : more.addKeyValue("inference_ms", millis(first.endedNanos() - first.startedNanos()));
    }

    /** With microseconds. */
    private static double millis(long nanos) {
        return Math.max(0, nanos / 1000) / 1e3;
    }

    /** Names come from clients: they must not forge lines. */
    private static String visible(String name) {
        String shown = name.length() > LONGEST_NAME ? name.substring(0, LONGEST_NAME) : name;
        return shown.chars().anyMatch(Character::isISOControl) ? shown.replaceAll("\\p{Cntrl}", "?") : shown;
    }
}
