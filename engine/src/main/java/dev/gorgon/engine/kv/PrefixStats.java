package dev.gorgon.engine.kv;

/**
 * Counters of a {@link PrefixIndex}.
 *
 * @param lookups sequences that looked for a beginning
 * @param hitTokens positions they found and did not compute again
 * @param evictions blocks given up to make room
 * @param blocks blocks the index holds now, in use by sequences or not
 */
public record PrefixStats(long lookups, long hitTokens, long evictions, int blocks) {}
