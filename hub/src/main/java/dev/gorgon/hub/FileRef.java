package dev.gorgon.hub;

import java.util.Optional;

/**
 * A model or adapter as somebody names it.
 *
 * @param id a hub repository ({@code owner/name}), a path, an S3 address or a Predibase model, depending on the source
 * @param revision branch, tag or commit; empty for the source's default
 */
public record FileRef(AdapterSource source, String id, Optional<String> revision) {

    /** The default revision. */
    public static FileRef of(AdapterSource source, String id) {
        return new FileRef(source, id, Optional.empty());
    }

    /** For messages and logs. */
    @Override
    public String toString() {
        return source.wireName() + ":" + id + revision.map(name -> "@" + name).orElse("");
    }
}
