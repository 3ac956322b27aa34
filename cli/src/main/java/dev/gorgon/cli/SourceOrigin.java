package dev.gorgon.cli;

import dev.gorgon.engine.adapter.AdapterException;
import dev.gorgon.engine.adapter.AdapterOrigin;
import dev.gorgon.engine.adapter.LoadPolicy;
import dev.gorgon.hub.AdapterSource;
import dev.gorgon.hub.Contents;
import dev.gorgon.hub.Credential;
import dev.gorgon.hub.FileRef;
import dev.gorgon.hub.FileSource;
import dev.gorgon.hub.HubException;
import dev.gorgon.hub.Located;
import dev.gorgon.hub.Progress;
import java.nio.file.Path;
import java.util.function.Supplier;

/** An adapter as the registry asks for it, over a source of files that knows nothing of registries. */
record SourceOrigin(FileSource files, FileRef ref, Asker asker, Freshness freshness) implements AdapterOrigin {

    /**
     * Who asks.
     *
     * @param policy what may be loaded for him
     * @param progress hears how downloads for him get on
     */
    record Asker(Credential credential, LoadPolicy policy, Progress progress) {}

    @Override
    public LoadPolicy policy() {
        return asker.policy;
    }

    @Override
    public Name name() {
        return new Name(ref.source().wireName(), ref.id(), ref.revision().orElse(""), asker.credential.scope());
    }

    @Override
    public Version locate() {
        Located located = translated(() -> files.locate(ref, asker.credential));
        // a commit belongs to the identity; elsewhere versions come from times of change, which are nobody's business
        String revision = ref.source() == AdapterSource.HUB && freshness != Freshness.FOREVER ? located.version() : "";
        return new Version(located.version(), revision, located.restricted());
    }

    @Override
    public Path fetch(Version version) {
        Located located = new Located(ref, version.id(), version.restricted());
        return translated(() -> files.fetch(located, Contents.ADAPTER, asker.credential, asker.progress));
    }

    private static <T> T translated(Supplier<T> call) {
        try {
            return call.get();
        } catch (HubException e) {
            throw new AdapterException(code(e.code()), String.valueOf(e.getMessage()), e);
        }
    }

    private static AdapterException.Code code(HubException.Code code) {
        return switch (code) {
            case INVALID_NAME, NOT_FOUND -> AdapterException.Code.ADAPTER_NOT_FOUND;
            case ACCESS_DENIED -> AdapterException.Code.ACCESS_DENIED;
            case NOT_CONFIGURED -> AdapterException.Code.UNSUPPORTED_ADAPTER;
            case RATE_LIMITED, UNREACHABLE, STORAGE, DAMAGED -> AdapterException.Code.ADAPTER_UNAVAILABLE;
        };
    }
}
