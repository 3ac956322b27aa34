package dev.gorgon.engine.adapter;

import java.nio.file.Path;

/**
 * One of the adapters to merge.
 *
 * @param name its name, for messages
 * @param identity its identity, see {@link AdapterSlot#identity}; decides what random pruning removes
 * @param folder its files
 */
public record MergePart(String name, String identity, Path folder) {}
