package dev.gorgon.engine.adapter;

/**
 * What adapters that come and go use.
 *
 * @param bytes bytes in memory, on the way into it or being freed
 * @param budget bytes they may use
 * @param active adapters in memory, on the way into it or being freed
 * @param inLine adapters that wait for memory
 * @param loads loads that succeeded so far
 * @param evictions evictions so far
 */
public record PoolStats(long bytes, long budget, int active, int inLine, long loads, long evictions) {}
