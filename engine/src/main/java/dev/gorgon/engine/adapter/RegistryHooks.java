package dev.gorgon.engine.adapter;

import java.util.concurrent.ThreadFactory;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * What a registry leaves to others.
 *
 * @param loaderThreads makes the threads that load and free adapters; at a low priority, running requests hardly notice loads
 * @param generating whether requests are running, which loads should not slow down
 * @param firstLoaded told of every adapter when it is in memory for the first time, on a loader's thread; must not block
 */
public record RegistryHooks(
        ThreadFactory loaderThreads, BooleanSupplier generating, Consumer<AdapterSlot> firstLoaded) {

    /** Ordinary threads that are in nobody's way, and nobody who is told. */
    public static final RegistryHooks NONE = new RegistryHooks(
            Thread.ofPlatform().daemon().name("gorgon-adapter-", 0).factory(), () -> false, slot -> {});
}
