package dev.gorgon.hub.huggingface;

import dev.gorgon.hub.Contents;
import dev.gorgon.hub.Credential;
import dev.gorgon.hub.HubException;
import dev.gorgon.hub.HubException.Code;
import dev.gorgon.hub.Located;
import dev.gorgon.hub.Progress;
import dev.gorgon.hub.WantedFiles;
import dev.gorgon.hub.huggingface.RepoListing.RemoteFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings the files of a commit into the cache, several at a time, and tells when all are there. */
final class HubDownloads implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HubDownloads.class);

    private final HubApi api;
    private final HubSettings settings;
    private final Patience patience;
    private final DownloadLimits limits;
    private final Semaphore permits;
    private final Set<ExecutorService> running = ConcurrentHashMap.newKeySet();

    HubDownloads(HubApi api, HubSettings settings, Patience patience, DownloadLimits limits) {
        this.api = api;
        this.settings = settings;
        this.patience = patience;
        this.limits = limits;
        this.permits = new Semaphore(limits.parallelFiles());
    }

    /** See {@link HubSource#fetch}. */
    Path fetch(Located located, Contents contents, Credential credential, Progress progress) {
        RepoName named = RepoName.of(located.ref());
        if (!RepoName.isCommit(located.version())) {
            throw new HubException(Code.INVALID_NAME, "'%s' is not a commit of the hub".formatted(located.version()));
        }
        RepoName repo = new RepoName(named.id(), located.version());
        RepoCache cache = new RepoCache(settings.cache(), repo);
        Optional<Path> complete = cache.complete(located.version(), contents);
        if (complete.isEmpty() && settings.offline()) {
            return cache.usable(located.version(), contents).orElseThrow(() -> notCached(named));
        }
        if (complete.isEmpty()) {
            Order order = new Order(repo, cache, contents, located.restricted(), progress);
            complete = Optional.of(bring(order, credential));
        }
        if (!settings.offline()) {
            note(() -> cache.writeRef(named.revision(), located.version()));
        }
        return complete.get();
    }

    private record Order(RepoName repo, RepoCache cache, Contents contents, boolean restricted, Progress progress) {
        String commit() {
            return repo.revision();
        }
    }

    private Path bring(Order order, Credential caller) {
        Credential credential = order.restricted() ? caller : Credential.NONE;
        RepoListing listing;
        try {
            listing = api.listing(order.repo(), credential, patience);
        } catch (HubException e) {
            Optional<Path> cached = order.cache().usable(order.commit(), order.contents());
            if (e.code() == Code.UNREACHABLE && cached.isPresent()) {
                return cached.get();
            }
            if (e.code() != Code.RATE_LIMITED || order.restricted() || !caller.isPresent()) {
                throw e;
            }
            credential = caller; // who is known may ask more often
            listing = api.listing(order.repo(), credential, patience);
        }
        List<RemoteFile> files = choose(order, listing, credential);
        try {
            if (order.restricted()) {
                order.cache().markRestricted(true); // before anything is there that it guards
            }
            checkRoom(order, files);
        } catch (IOException e) {
            throw order.cache().storageFailure("'" + order.repo() + "'", e);
        }
        download(order, files, credential);
        note(() -> complete(order, listing(files)));
        return order.cache().snapshot(order.commit());
    }

    private static Map<String, Long> listing(List<RemoteFile> files) {
        Map<String, Long> sizes = new LinkedHashMap<>();
        files.forEach(file -> sizes.put(file.path(), file.size()));
        return sizes;
    }

    private List<RemoteFile> choose(Order order, RepoListing listing, Credential credential) {
        List<RemoteFile> files = new ArrayList<>();
        for (String path : WantedFiles.of(order.contents(), listing.files().keySet())) {
            RemoteFile listed = listing.files().get(path);
            files.add(
                    listed != null && listed.isComplete()
                            ? listed
                            : api.file(order.repo(), path, credential, patience));
        }
        if (WantedFiles.weights(order.contents(), listing.files().keySet()).isEmpty()) {
            throw new HubException(
                    Code.NOT_FOUND,
                    "No .safetensors weights found for model '%s'"
                            .formatted(order.repo().id()));
        }
        long bytes = files.stream().mapToLong(RemoteFile::size).sum();
        if (order.contents() == Contents.ADAPTER && bytes > limits.adapterBytes()) {
            throw new HubException(
                    Code.STORAGE,
                    "'%s' has %d bytes; this server takes adapters of at most %d bytes. Is it a base model?"
                            .formatted(order.repo().id(), bytes, limits.adapterBytes()));
        }
        return files;
    }

    /** A disk that fills up is everybody's trouble, so ask before. */
    private void checkRoom(Order order, List<RemoteFile> files) throws IOException {
        long missing = 0;
        for (RemoteFile file : files) {
            Path blob = order.cache().blob(file.tag());
            Path incomplete = order.cache().incomplete(file.tag());
            if (!Files.exists(blob)
                    && !Files.exists(order.cache().snapshot(order.commit()).resolve(file.path()))) {
                missing += file.size() - (Files.exists(incomplete) ? Math.min(Files.size(incomplete), file.size()) : 0);
            }
        }
        if (missing > 0) {
            Files.createDirectories(settings.cache());
            long free = Files.getFileStore(settings.cache()).getUsableSpace();
            if (missing > free) {
                throw new HubException(
                        Code.STORAGE,
                        "The disk of the server's hub cache has room for %d bytes; '%s' needs %d more"
                                .formatted(free, order.repo().id(), missing));
            }
        }
    }

    private void download(Order order, List<RemoteFile> files, Credential credential) {
        BlobDownload.Job job = new BlobDownload.Job(api, order.repo(), order.cache(), credential, order.progress());
        ExecutorService threads = Executors.newFixedThreadPool(
                Math.min(files.size(), limits.parallelFiles()),
                Thread.ofPlatform().daemon().name("download-", 0).factory());
        running.add(threads);
        try {
            CompletionService<RemoteFile> arrivals = new ExecutorCompletionService<>(threads);
            for (RemoteFile file : files) {
                arrivals.submit(() -> new BlobDownload(job, file, patience, permits).run(settings.symlinks()), file);
            }
            for (int i = 0; i < files.size(); i++) {
                arrivals.take().get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof HubException known ? known : new IllegalStateException(e.getCause());
        } catch (InterruptedException | RejectedExecutionException e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            throw new HubException(
                    Code.UNREACHABLE,
                    "The download of '%s' was broken off".formatted(order.repo().id()),
                    e);
        } finally {
            threads.shutdownNow();
            awaitEnd(threads);
            running.remove(threads);
        }
    }

    /** Nothing of this fetch goes on behind the back of whoever asked for it. */
    private static void awaitEnd(ExecutorService threads) {
        boolean interrupted = Thread.interrupted();
        threads.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void complete(Order order, Map<String, Long> sizes) throws IOException {
        for (String name : WantedFiles.optional(order.contents())) {
            if (!sizes.containsKey(name)) {
                order.cache().markMissing(order.commit(), name);
            }
        }
        order.cache().writeComplete(order.commit(), order.contents(), sizes);
    }

    private interface Note {
        void write() throws IOException;
    }

    /** What is only noted for the next time; a cache that cannot be written still serves. */
    private static void note(Note note) {
        try {
            note.write();
        } catch (IOException e) {
            LOG.debug("cannot note in the cache: {}", e.toString());
        }
    }

    static HubException notCached(RepoName repo) {
        return new HubException(
                Code.NOT_FOUND,
                "'%s' is not completely in the hub cache of the server, and HF_HUB_OFFLINE=1 forbids to download it"
                        .formatted(repo));
    }

    /** Breaks off what is under way; what has arrived stays for the next time. */
    @Override
    public void close() {
        running.forEach(ExecutorService::shutdownNow);
    }
}
