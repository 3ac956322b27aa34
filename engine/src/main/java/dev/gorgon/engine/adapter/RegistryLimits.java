package dev.gorgon.engine.adapter;

import java.time.Duration;

/**
 * What adapters that come and go may use.
 *
 * @param memoryBytes bytes of adapters in memory at once, as loaded; pinned ones do not count
 * @param maxActive adapters in memory at once; pinned ones do not count
 * @param cycleTime how long an adapter may stay in use while others wait for its memory
 * @param recheck how long an asker's access to an adapter, and what its name stands for, is believed without asking the source again
 * @param loaderThreads adapters loaded at the same time
 */
public record RegistryLimits(long memoryBytes, int maxActive, Duration cycleTime, Duration recheck, int loaderThreads) {

    /** LoRAX's defaults, with this much memory. */
    public static RegistryLimits ofMemory(long bytes) {
        return new RegistryLimits(bytes, 1024, Duration.ofSeconds(2), Duration.ofSeconds(30), 1);
    }

    public RegistryLimits {
        if (memoryBytes < 0 || maxActive < 0 || loaderThreads < 1 || cycleTime.isNegative() || recheck.isNegative()) {
            throw new IllegalArgumentException("limits of adapters must not be negative");
        }
    }
}
