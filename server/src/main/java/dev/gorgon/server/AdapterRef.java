package dev.gorgon.server;

import dev.gorgon.hub.AdapterSource;

/**
 * An adapter as a request names it. Two requests may share a loaded adapter only if all three values allow it.
 *
 * @param id visible ASCII, not empty, never the base model's alias
 * @param source where it comes from
 * @param apiToken credential for fetching it; empty if the request brought none
 */
public record AdapterRef(String id, AdapterSource source, String apiToken) {

    /** Without the credential, which must not reach logs. */
    @Override
    public String toString() {
        return source.wireName() + ":" + id;
    }
}
