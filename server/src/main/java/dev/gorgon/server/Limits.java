package dev.gorgon.server;

/**
 * What one server admits (LoRAX contract, section 5.1).
 *
 * @param maxConcurrentRequests generations queued or running at once; one more is answered 429
 * @param maxBestOf largest {@code best_of}
 * @param maxStopSequences most {@code stop} texts per request
 * @param maxInputLength most prompt tokens, special tokens included
 * @param maxTotalTokens most prompt plus generated tokens
 * @param maxBodyBytes largest request body
 */
public record Limits(
        int maxConcurrentRequests,
        int maxBestOf,
        int maxStopSequences,
        int maxInputLength,
        int maxTotalTokens,
        int maxBodyBytes) {

    /** Largest request body unless told otherwise: 32 MiB, where LoRAX allows 2. */
    public static final int DEFAULT_BODY_BYTES = 32 * 1024 * 1024;

    public Limits {
        atLeastOne("maxConcurrentRequests", maxConcurrentRequests);
        atLeastOne("maxBestOf", maxBestOf);
        atLeastOne("maxInputLength", maxInputLength);
        atLeastOne("maxTotalTokens", maxTotalTokens);
        atLeastOne("maxBodyBytes", maxBodyBytes);
        if (maxStopSequences < 0) {
            throw new ServerException("maxStopSequences must not be negative, got " + maxStopSequences);
        }
        if (maxInputLength >= maxTotalTokens) {
            throw new ServerException("maxInputLength must be less than maxTotalTokens, got %d and %d"
                    .formatted(maxInputLength, maxTotalTokens));
        }
    }

    /** LoRAX's launcher defaults for a model with this context length. */
    public static Limits forContext(int maxTotalTokens) {
        return new Limits(1024, 2, 4, maxTotalTokens - 1, maxTotalTokens, DEFAULT_BODY_BYTES);
    }

    private static void atLeastOne(String name, int value) {
        if (value < 1) {
            throw new ServerException("%s must be at least 1, got %d".formatted(name, value));
        }
    }
}
