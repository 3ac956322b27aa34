package dev.gorgon.hub.huggingface;

import dev.gorgon.hub.AdapterSource;
import dev.gorgon.hub.Credential;
import dev.gorgon.hub.FileRef;
import dev.gorgon.hub.HubException;
import dev.gorgon.hub.HubException.Code;
import dev.gorgon.hub.Progress;
import dev.gorgon.hub.huggingface.HubUploadApi.Mode;
import dev.gorgon.hub.huggingface.PushRequest.Target;
import dev.gorgon.hub.huggingface.RepoListing.RemoteFile;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Uploads a folder to a repository of the Hugging Face Hub, as one commit. Contents come first, the commit last: whatever ends a
 * push, the branch is as it was before or complete, and a repeated push sends only what the hub has not got. Files of the repository
 * that the folder lacks stay.
 */
public final class HubPush implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HubPush.class);

    private final HubSettings settings;
    private final Patience patience;
    private final HubClient client;

    /** With patience for the internet. */
    public HubPush(HubSettings settings) {
        this(settings, Patience.DEFAULT);
    }

    public HubPush(HubSettings settings, Patience patience) {
        this.settings = settings;
        this.patience = patience;
        this.client = new HubClient(settings.endpoint(), patience);
    }

    /**
     * Pushes.
     *
     * @throws HubException if the folder, the repository, the token or the hub does not allow it
     */
    public Pushed push(PushRequest request, Progress progress) {
        Target target = request.target();
        RepoName repo = RepoName.of(new FileRef(AdapterSource.HUB, target.repo(), Optional.of(target.revision())));
        if (settings.offline()) {
            throw new HubException(Code.NOT_CONFIGURED, "HF_HUB_OFFLINE is set; nothing can be pushed");
        }
        PushFolder folder = PushFolder.read(request.folder());
        Credential credential = request.credential().isPresent() ? request.credential() : settings.token();
        if (!credential.isPresent()) {
            throw new HubException(
                    Code.ACCESS_DENIED,
                    "A push to the hub needs a token with write access: give --token, or set HF_TOKEN");
        }
        List<LocalFile> files = read(folder);
        HubUploadApi api = new HubUploadApi(client, settings.endpoint(), repo, credential, patience);
        if (target.create() && api.create(target.secret())) {
            LOG.info("made the repository {}", repo.id());
        }
        return new Push(request, repo, credential, api, folder.warnings()).run(files, progress);
    }

    private static List<LocalFile> read(PushFolder folder) {
        List<LocalFile> files = new ArrayList<>();
        folder.files().forEach((path, file) -> {
            try {
                files.add(LocalFile.read(path, file));
            } catch (IOException e) {
                throw new HubException(Code.STORAGE, "Cannot read " + file + ": " + e.getMessage(), e);
            }
        });
        return files;
    }

    /** One push, over all its attempts. */
    private final class Push {
        private final PushRequest request;
        private final RepoName repo;
        private final Credential credential;
        private final HubUploadApi api;
        private final List<String> warnings;
        private final Set<String> stored = new HashSet<>();
        private final Map<String, Mode> modes = new LinkedHashMap<>();
        private long bytes;

        Push(PushRequest request, RepoName repo, Credential credential, HubUploadApi api, List<String> warnings) {
            this.request = request;
            this.repo = repo;
            this.credential = credential;
            this.api = api;
            this.warnings = new ArrayList<>(warnings);
        }

        /**
         * After a conflict, and after a commit whose answer was lost, the branch is looked at again: what it has by then need not be
         * sent.
         */
        Pushed run(List<LocalFile> files, Progress progress) {
            Patience.Failures failures = patience.new Failures();
            Set<String> sent = new HashSet<>();
            while (true) {
                RepoListing listing = listing();
                List<LocalFile> changed = files.stream()
                        .filter(file -> !isThere(file, listing.files().get(file.path())))
                        .toList();
                store(changed, progress);
                List<LocalFile> taken = changed.stream()
                        .filter(file -> modes.get(file.path()) != Mode.IGNORED)
                        .toList();
                if (taken.isEmpty()) {
                    return pushed(listing.commit(), files, sent);
                }
                taken.forEach(file -> sent.add(file.path()));
                try {
                    return pushed(commit(taken, listing.commit()), files, sent);
                } catch (PushRefusals.Conflict e) {
                    LOG.debug("{}", e.getMessage());
                    failures.pauseAfter(new TransientFailure(e));
                } catch (TransientFailure e) {
                    LOG.debug("{}", e.getMessage());
                    failures.pauseAfter(e);
                } catch (IOException e) {
                    throw new HubException(Code.STORAGE, "Cannot prepare the commit: " + e.getMessage(), e);
                }
            }
        }

        private RepoListing listing() {
            RepoListing listing;
            try {
                listing = new HubApi(client, settings.endpoint()).listing(repo, credential, patience);
            } catch (Refusals.NoSuchRevision e) {
                throw new HubException(
                        Code.NOT_FOUND,
                        "'" + repo.id() + "' has no branch '" + repo.revision() + "'; make it first",
                        e);
            } catch (HubException e) {
                if (e.code() != Code.NOT_FOUND || request.target().create()) {
                    throw e;
                }
                throw new HubException(Code.NOT_FOUND, e.getMessage() + "; --create makes it", e);
            }
            if (request.target().secret() && listing.saysPublic()) {
                throw new HubException(
                        Code.ACCESS_DENIED,
                        "'" + repo.id() + "' is there and everybody may read it; --private is for new repositories."
                                + " Nothing was sent");
            }
            return listing;
        }

        private static boolean isThere(LocalFile file, @Nullable RemoteFile remote) {
            return remote != null && remote.size() == file.size() && file.isTagged(remote.tag());
        }

        private void store(List<LocalFile> changed, Progress progress) {
            List<LocalFile> unknown = changed.stream()
                    .filter(file -> !modes.containsKey(file.path()))
                    .toList();
            if (!unknown.isEmpty()) {
                modes.putAll(api.modes(unknown));
            }
            for (LocalFile file : changed) {
                Mode mode = modes.get(file.path());
                if (mode == Mode.IGNORED) {
                    warnings.add("the repository's .gitignore leaves '" + file.path() + "' out");
                } else if (mode == Mode.LARGE && stored.add(file.sha256())) {
                    bytes += new LargeUpload(api, patience, progress, file).run();
                }
            }
        }

        private String commit(List<LocalFile> files, String parent) throws TransientFailure, IOException {
            try (CommitLines lines = CommitLines.write(request.message(), parent, files, modes);
                    FileSlice payload = lines.payload()) {
                String commit = api.commit(payload);
                return commit.isEmpty() ? listing().commit() : commit;
            }
        }

        private Pushed pushed(String commit, List<LocalFile> files, Set<String> sent) {
            return new Pushed(
                    commit,
                    URI.create(settings.endpoint() + "/" + repo.id()),
                    sent.stream().sorted().toList(),
                    files.size() - sent.size(),
                    bytes,
                    warnings.stream().distinct().toList());
        }
    }

    /** Breaks off what is under way. */
    @Override
    public void close() {
        client.close();
    }
}
