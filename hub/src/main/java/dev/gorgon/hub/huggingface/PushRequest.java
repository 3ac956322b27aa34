package dev.gorgon.hub.huggingface;

import dev.gorgon.hub.Credential;
import java.nio.file.Path;

/**
 * A folder and where it shall go.
 *
 * @param message of the commit, one line
 */
public record PushRequest(Path folder, Target target, String message, Credential credential) {

    /**
     * A repository.
     *
     * @param repo owner/name
     * @param revision branch
     * @param create make the repository if there is none
     * @param secret make it for its owner only; an existing one must be so already
     */
    public record Target(String repo, String revision, boolean create, boolean secret) {}
}
