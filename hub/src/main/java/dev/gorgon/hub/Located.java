package dev.gorgon.hub;

/**
 * What a reference points to at the moment, for a caller who may have it.
 *
 * @param version names the content at the source: a commit, or a hash over the names, sizes and tags of the files; the same content
 *     may have several versions, but one version never has two contents
 * @param restricted whether the source lets only some callers have it; such content must not be served to a caller for whom
 *     {@link FileSource#locate} has not succeeded lately
 */
public record Located(FileRef ref, String version, boolean restricted) {}
