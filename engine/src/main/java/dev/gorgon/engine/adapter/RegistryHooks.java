package dev.gorgon.engine.adapter;

import java.util.concurrent.ThreadFactory;
import java.util.function.Consumer;

/**
 * What a registry leaves to others.
 *
 * @param loaderThreads makes the threads that load and free adapters; at a low priority, running requests do not notice loads
 * @param firstLoaded told of every adapter when it is in memory for the first time, on a loader's thread; must not block
 */
public record RegistryHooks(ThreadFactory loaderThreads, Consumer<AdapterSlot> firstLoaded) {

    /** Ordinary threads, and nobody who is told. */
    public static final RegistryHooks NONE = new RegistryHooks(
            Thread.ofPlatform().daemon().name("gorgon-adapter-", 0).factory(), slot -> {});
}
