package dev.gorgon.engine.schedule;

/**
 * Limits of an engine. All are per process and fixed at start.
 *
 * @param maxRunning sequences that hold key/value blocks at once
 * @param maxStepRows rows of one forward pass; prompts are cut into chunks that fit
 * @param maxDraftRows drafted rows of one forward pass, over all sequences
 * @param kvBlocks blocks of 16 positions in the key/value cache
 * @param maxSpeculation guesses per sequence and step; 0 turns speculation off
 * @param promptLookup whether sequences without Medusa heads draft by prompt lookup
 * @param adaptiveDrafts whether to draft less for sequences whose guesses do not hold; off, every head always drafts
 * @param prefixCaching whether sequences that begin with the same tokens under the same LoRA share their keys and values
 */
public record EngineOptions(
        int maxRunning,
        int maxStepRows,
        int maxDraftRows,
        int kvBlocks,
        int maxSpeculation,
        boolean promptLookup,
        boolean adaptiveDrafts,
        boolean prefixCaching) {

    public EngineOptions {
        if (maxRunning < 1 || maxStepRows < 1 || kvBlocks < 1 || maxDraftRows < 0 || maxSpeculation < 0) {
            throw new IllegalArgumentException("engine limits must be positive, draft limits not negative");
        }
        if (maxStepRows < maxRunning) {
            throw new IllegalArgumentException(
                    "maxStepRows (" + maxStepRows + ") must be at least maxRunning (" + maxRunning + ")");
        }
    }

    /** With prefix caching. */
    public EngineOptions(
            int maxRunning,
            int maxStepRows,
            int maxDraftRows,
            int kvBlocks,
            int maxSpeculation,
            boolean promptLookup,
            boolean adaptiveDrafts) {
        this(maxRunning, maxStepRows, maxDraftRows, kvBlocks, maxSpeculation, promptLookup, adaptiveDrafts, true);
    }

    /** The same limits with prefix caching on or off. */
    public EngineOptions withPrefixCaching(boolean caching) {
        return new EngineOptions(
                maxRunning, maxStepRows, maxDraftRows, kvBlocks, maxSpeculation, promptLookup, adaptiveDrafts, caching);
    }

    /** Limits for a small machine, with a cache for {@code positions} positions. */
    public static EngineOptions forPositions(int positions) {
        return new EngineOptions(32, 256, 96, Math.max(1, (positions + 15) / 16), 8, false, true);
    }
}
