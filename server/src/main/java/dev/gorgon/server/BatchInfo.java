package dev.gorgon.server;

/**
 * Scheduling values that {@code /info} reports (LoRAX contract, section 1.13). The server only shows them, except
 * {@code validationWorkers}: the number of threads that tokenize prompts.
 *
 * @param waitingServedRatio LoRAX's flag of that name
 * @param maxBatchTotalTokens tokens the key/value cache holds
 * @param maxWaitingTokens LoRAX's flag of that name
 * @param validationWorkers at least 1
 * @param eagerPrefill LoRAX's flag of that name
 */
public record BatchInfo(
        double waitingServedRatio,
        int maxBatchTotalTokens,
        int maxWaitingTokens,
        int validationWorkers,
        boolean eagerPrefill) {

    public BatchInfo {
        if (validationWorkers < 1) {
            throw new ServerException("`validation_workers` must be > 0");
        }
    }

    /** LoRAX's defaults. */
    public static BatchInfo of(int maxBatchTotalTokens) {
        return new BatchInfo(1.2, maxBatchTotalTokens, 20, 2, true);
    }
}
