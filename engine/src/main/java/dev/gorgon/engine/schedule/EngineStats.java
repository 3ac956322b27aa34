package dev.gorgon.engine.schedule;

import dev.gorgon.engine.kv.PrefixStats;

/**
 * A snapshot of the engine's counters, published after every step.
 *
 * @param waiting requests submitted but not yet running
 * @param running sequences that hold key/value blocks
 * @param usedBlocks key/value blocks in use by sequences
 * @param totalBlocks key/value blocks in all
 * @param steps steps run so far
 * @param emittedTokens tokens emitted so far
 * @param draftedTokens drafted tokens verified so far
 * @param acceptedTokens drafted tokens accepted so far
 * @param preemptions sequences that had to give their blocks back and were recomputed later
 * @param overheadNanos time spent outside forward passes: scheduling, choosing, events
 * @param forwardNanos time spent in forward passes
 * @param prefix what the prefix index found and holds
 */
public record EngineStats(
        int waiting,
        int running,
        int usedBlocks,
        int totalBlocks,
        long steps,
        long emittedTokens,
        long draftedTokens,
        long acceptedTokens,
        long preemptions,
        long overheadNanos,
        long forwardNanos,
        PrefixStats prefix) {}
