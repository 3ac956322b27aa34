package dev.gorgon.hub;

import java.nio.file.Path;

/**
 * One place where files come from. Thread-safe. Both methods block, the second one as long as a download takes; they belong on
 * threads of their own.
 */
public interface FileSource {

    /**
     * Asks the source what a reference points to now, and whether this caller may have it. Short: a request or two.
     *
     * @throws HubException if there is no such thing, the caller may not have it, or the source cannot be asked
     */
    Located locate(FileRef ref, Credential credential);

    /**
     * Brings the files here, if they are not yet. What the folder holds belongs to {@code located.version()}, complete and verified.
     * Several calls for the same version share the work or wait for each other; an attempt that was broken off, by whatever, goes on
     * where it stopped.
     *
     * @return a folder with the files
     * @throws HubException if they cannot be had
     */
    Path fetch(Located located, Contents contents, Credential credential, Progress progress);
}
