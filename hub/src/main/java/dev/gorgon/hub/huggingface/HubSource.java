package dev.gorgon.hub.huggingface;

import dev.gorgon.hub.Contents;
import dev.gorgon.hub.Credential;
import dev.gorgon.hub.FileRef;
import dev.gorgon.hub.FileSource;
import dev.gorgon.hub.HubException;
import dev.gorgon.hub.HubException.Code;
import dev.gorgon.hub.Located;
import dev.gorgon.hub.Progress;
import dev.gorgon.hub.huggingface.RepoListing.RemoteFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Hugging Face Hub, with a cache on this machine that it shares with Python's huggingface_hub.
 *
 * <p>Whether everybody may have a repository is found out by asking for it without a credential. So the caller's token goes out only
 * where it is needed, and a token that the hub does not know does not stand in the way of public files.
 */
public final class HubSource implements FileSource, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HubSource.class);
    /** Answers that may be others for a caller with a token. */
    private static final Set<Code> DEPENDS_ON_CALLER = Set.of(Code.NOT_FOUND, Code.ACCESS_DENIED, Code.RATE_LIMITED);

    private final HubSettings settings;
    private final Patience patience;
    private final HubClient client;
    private final HubApi api;
    private final HubDownloads downloads;

    /** With patience and limits for the internet. */
    public HubSource(HubSettings settings) {
        this(settings, Patience.DEFAULT, DownloadLimits.DEFAULT);
    }

    public HubSource(HubSettings settings, Patience patience, DownloadLimits limits) {
        this.settings = settings;
        this.patience = patience;
        this.client = new HubClient(settings.endpoint(), patience);
        this.api = new HubApi(client, settings.endpoint());
        this.downloads = new HubDownloads(api, settings, patience, limits);
    }

    /**
     * Resolves a revision to its commit. If the hub cannot be reached, the cache answers, but not for what only some may have.
     */
    @Override
    public Located locate(FileRef ref, Credential caller) {
        RepoName repo = RepoName.of(ref);
        RepoCache cache = new RepoCache(settings.cache(), repo);
        if (settings.offline()) {
            return cache.commit(repo.revision())
                    .map(commit -> new Located(ref, commit, cache.isRestricted()))
                    .orElseThrow(() -> HubDownloads.notCached(repo));
        }
        try {
            Located located = ask(ref, repo, credential(caller));
            remember(cache, located.restricted());
            return located;
        } catch (HubException e) {
            if (e.code() != Code.UNREACHABLE) {
                throw e;
            }
            return fromCache(ref, repo, cache, e);
        }
    }

    private Located ask(FileRef ref, RepoName repo, Credential credential) {
        Patience brief = patience.brief();
        RepoListing listing;
        try {
            listing = api.listing(repo, Credential.NONE, brief);
            if (!listing.gated()) {
                return new Located(ref, listing.commit(), false);
            }
        } catch (HubException e) {
            if (e instanceof Refusals.NoSuchRevision || !DEPENDS_ON_CALLER.contains(e.code())) {
                throw e;
            }
            if (e.code() != Code.RATE_LIMITED) {
                // What was for everybody may have become private: from now on, the cache must not give it away.
                remember(new RepoCache(settings.cache(), repo), true);
            }
            if (!credential.isPresent()) {
                throw e;
            }
            listing = api.listing(repo, credential, brief);
            if (e.code() == Code.RATE_LIMITED && listing.saysPublic()) {
                return new Located(ref, listing.commit(), false);
            }
        }
        if (listing.gated()) {
            checkAccess(repo, listing, credential);
        }
        return new Located(ref, listing.commit(), true);
    }

    /** Everybody may read about a gated repository; the files tell who may have them. */
    private void checkAccess(RepoName repo, RepoListing listing, Credential credential) {
        RepoName commit = new RepoName(repo.id(), listing.commit());
        Optional<String> any = listing.files().keySet().stream()
                .filter(path -> !path.equals("README.md") && !path.equals(".gitattributes"))
                .findFirst();
        if (any.isEmpty()) {
            throw new HubException(Code.NOT_FOUND, "'%s' has no files".formatted(repo));
        }
        RemoteFile ignored = api.file(commit, any.get(), credential, patience.brief());
    }

    private void remember(RepoCache cache, boolean restricted) {
        if (cache.exists() && cache.isRestricted() != restricted) {
            try {
                cache.markRestricted(restricted);
            } catch (IOException e) {
                LOG.warn("cannot note who may have a cached repository: {}", e.toString());
            }
        }
    }

    private static Located fromCache(FileRef ref, RepoName repo, RepoCache cache, HubException unreachable) {
        String commit = cache.commit(repo.revision()).orElseThrow(() -> unreachable);
        if (cache.isRestricted()) {
            throw new HubException(
                    Code.UNREACHABLE,
                    "'%s' is cached, but not for everybody, and the hub cannot be asked who may have it (%s)"
                            .formatted(repo, unreachable.getMessage()),
                    unreachable);
        }
        LOG.warn("using the cached commit {} of {}: {}", commit, repo, unreachable.getMessage());
        return new Located(ref, commit, false);
    }

    @Override
    public Path fetch(Located located, Contents contents, Credential caller, Progress progress) {
        return downloads.fetch(located, contents, credential(caller), progress);
    }

    private Credential credential(Credential caller) {
        return !caller.isPresent() && settings.shareToken() ? settings.token() : caller;
    }

    /** Breaks off what is under way. */
    @Override
    public void close() {
        downloads.close();
        client.close();
    }
}
