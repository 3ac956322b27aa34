package dev.gorgon.cli;

import dev.gorgon.server.BatchInfo;
import dev.gorgon.server.Limits;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What the server admits, with LoRAX's names, environment variables and defaults. */
final class LimitOptions {

    @Spec(Spec.Target.MIXEE)
    @Nullable
    CommandSpec command;

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

    @Option(
            names = "--max-body-bytes",
            defaultValue = "${env:MAX_BODY_BYTES:-" + Limits.DEFAULT_BODY_BYTES + "}",
            paramLabel = "N",
            description = "bytes of one request's body (default: ${DEFAULT-VALUE})")
    int maxBodyBytes = Limits.DEFAULT_BODY_BYTES;

    @Option(
            names = "--validation-workers",
            defaultValue = "${env:VALIDATION_WORKERS:-2}",
            paramLabel = "N",
            description = "threads that render and tokenize prompts (default: ${DEFAULT-VALUE})")
    int validationWorkers = 2;

    /** Checks what picocli cannot, before anything is loaded. */
    void validate(ModelOptions model) {
        if (validationWorkers < 1) {
            throw Mistakes.bad(command, "`validation_workers` must be > 0");
        }
        atLeast("--max-concurrent-requests", maxConcurrentRequests, 1);
        atLeast("--max-best-of", maxBestOf, 1);
        atLeast("--max-stop-sequences", maxStopSequences, 0);
        atLeast("--max-input-length", maxInputLength, 0);
        atLeast("--max-body-bytes", maxBodyBytes, 1024);
        if (model.maxTotalTokens > 0 && maxInputLength >= model.maxTotalTokens) {
            throw Mistakes.bad(
                    command,
                    "`max_input_length` must be < `max_total_tokens`. Given: %d and %d"
                            .formatted(maxInputLength, model.maxTotalTokens));
        }
        if (model.maxBatchTotalTokens > 0) {
            notAbove("max_batch_prefill_tokens", model.maxBatchPrefillTokens, model.maxBatchTotalTokens);
            notAbove("max_total_tokens", model.maxTotalTokens, model.maxBatchTotalTokens);
        }
    }

    private void notAbove(String name, int value, int cache) {
        if (value > cache) {
            throw Mistakes.bad(
                    command,
                    "`%s` must be <= `max_batch_total_tokens`. Given: %d and %d".formatted(name, value, cache));
        }
    }

    /** @param maxTotalTokens prompt and generated tokens of one request, as the model allows them */
    Limits limits(int maxTotalTokens) {
        return new Limits(
                maxConcurrentRequests,
                maxBestOf,
                maxStopSequences,
                maxInputLength > 0 ? maxInputLength : maxTotalTokens - 1,
                maxTotalTokens,
                maxBodyBytes);
    }

    /** @param cachePositions tokens the key/value cache holds */
    BatchInfo batch(int cachePositions) {
        BatchInfo byDefault = BatchInfo.of(cachePositions);
        return new BatchInfo(
                byDefault.waitingServedRatio(),
                cachePositions,
                byDefault.maxWaitingTokens(),
                validationWorkers,
                byDefault.eagerPrefill());
    }

    private void atLeast(String name, int value, int least) {
        if (value < least) {
            throw Mistakes.bad(command, name + " must be at least " + least + ", got " + value);
        }
    }
}
