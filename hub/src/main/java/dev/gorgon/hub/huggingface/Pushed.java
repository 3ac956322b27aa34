package dev.gorgon.hub.huggingface;

import java.net.URI;
import java.util.List;

/**
 * What a push did.
 *
 * @param commit the branch is now at
 * @param address of the repository, for people
 * @param changed paths that are new or different
 * @param unchanged how many files the branch had already
 * @param bytes sent to the store for large files; less than their size where the hub knew a content
 * @param warnings what looked strange in the folder
 */
public record Pushed(
        String commit, URI address, List<String> changed, int unchanged, long bytes, List<String> warnings) {}
