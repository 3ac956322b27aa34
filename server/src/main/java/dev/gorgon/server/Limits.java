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
 * @param maxQueuedTokens most tokens, of prompts and of what may be generated, in requests that wait for their first token; a
 *     request beyond is answered 429 unless it would be the only one; 0 is no limit
 */
public record Limits(
        int maxConcurrentRequests,
        int maxBestOf,
        int maxStopSequences,
        int maxInputLength,
        int maxTotalTokens,
        int maxBodyBytes,
        long maxQueuedTokens) {

    /** Largest request body unless told otherwise: 32 MiB, where LoRAX allows 2. */
    public static final int DEFAULT_BODY_BYTES = 32 * 1024 * 1024;

    /** A queue of as many full caches is the default; who waits behind more than that has better chances elsewhere. */
    private static final int QUEUED_CACHES = 32;

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
        if (maxQueuedTokens < 0) {
            throw new ServerException("maxQueuedTokens must not be negative (0 is no limit), got " + maxQueuedTokens);
        }
    }

    /** Without a limit of queued tokens. */
    public Limits(
            int maxConcurrentRequests,
            int maxBestOf,
            int maxStopSequences,
            int maxInputLength,
            int maxTotalTokens,
            int maxBodyBytes) {
        this(maxConcurrentRequests, maxBestOf, maxStopSequences, maxInputLength, maxTotalTokens, maxBodyBytes, 0);
    }

    /** LoRAX's launcher defaults for a model with this context length. */
    public static Limits forContext(int maxTotalTokens) {
        return new Limits(1024, 2, 4, maxTotalTokens - 1, maxTotalTokens, DEFAULT_BODY_BYTES);
    }

    /** What {@link #maxQueuedTokens} should be for a key/value cache of this many tokens. */
    public static long queuedTokensFor(long cacheTokens) {
        return QUEUED_CACHES * cacheTokens;
    }

    /** The same with another limit of queued tokens. */
    public Limits withMaxQueuedTokens(long tokens) {
        return new Limits(
                maxConcurrentRequests,
                maxBestOf,
                maxStopSequences,
                maxInputLength,
                maxTotalTokens,
                maxBodyBytes,
                tokens);
    }

    private static void atLeastOne(String name, int value) {
        if (value < 1) {
            throw new ServerException("%s must be at least 1, got %d".formatted(name, value));
        }
    }
}
