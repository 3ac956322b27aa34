package dev.gorgon.hub;

/** Hears how a download is getting on. Called on the downloading threads; must return at once. */
public interface Progress {

    /** Nobody listens. */
    Progress NONE = new Progress() {};

    /** A file begins. @param bytes size of the file; @param present how many of them are here from an earlier attempt */
    default void begin(String file, long bytes, long present) {}

    /** Further bytes of a file have arrived. */
    default void advance(String file, long bytes) {}

    /** A file is complete, verified and in its place. */
    default void end(String file) {}
}
