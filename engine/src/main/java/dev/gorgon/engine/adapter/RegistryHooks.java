package dev.gorgon.engine.adapter;

import java.util.function.Consumer;

/**
 * What a registry does besides its work.
 *
 * @param loaderStarts run by each loader thread when it starts, for example to lower its priority
 * @param firstLoaded told of every adapter when it is in memory for the first time, on a loader's thread; must not block
 */
public record RegistryHooks(Runnable loaderStarts, Consumer<AdapterSlot> firstLoaded) {

    /** Nothing. */
    public static final RegistryHooks NONE = new RegistryHooks(() -> {}, slot -> {});
}
