package dev.gorgon.server;

import org.jspecify.annotations.Nullable;

/**
 * Which program answers.
 *
 * @param version of Gorgon
 * @param sha source revision it was built from, if known
 * @param dockerLabel label of the image it runs in, if any
 */
public record BuildInfo(
        String version, @Nullable String sha, @Nullable String dockerLabel) {

    /** One word for all of it, as answers of chats carry it. */
    public String fingerprint() {
        return version + "-" + (dockerLabel == null ? "native" : dockerLabel);
    }
}
