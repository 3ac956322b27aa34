package dev.gorgon.hub.s3;

import dev.gorgon.hub.Contents;
import dev.gorgon.hub.Credential;
import dev.gorgon.hub.FileRef;
import dev.gorgon.hub.FileSource;
import dev.gorgon.hub.HubException;
import dev.gorgon.hub.Located;
import dev.gorgon.hub.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Folders of S3 buckets (LoRAX contract, section 2.5). The server's own AWS credentials are used for everybody, so, as with LoRAX,
 * what they can read any caller may name; {@code GORGON_S3_BUCKETS} narrows that to some buckets. A caller's credential is ignored.
 * Without AWS credentials requests go out unsigned, which is enough for public buckets.
 *
 * <p>There are no revisions: another version is another folder, or the same with other content, which {@link #locate} notices by the
 * names, sizes and tags of the files.
 */
public final class S3Source implements FileSource {
    private static final int PARALLEL_DOWNLOADS = 8;

    private final S3Settings settings;
    private final Snapshots snapshots;
    private final Supplier<S3Store> opener;
    private final Semaphore downloads = new Semaphore(PARALLEL_DOWNLOADS);
    private @Nullable S3Store store;

    /**
     * Does nothing yet: the SDK is loaded at the first use.
     *
     * @param cache where the files go, {@code models--<bucket>--<key with -- for />/snapshots/<version>} in it
     */
    public S3Source(S3Settings settings, Path cache) {
        this(settings, cache, () -> S3Store.open(settings));
    }

    S3Source(S3Settings settings, Path cache, Supplier<S3Store> opener) {
        this.settings = settings;
        this.snapshots = new Snapshots(cache);
        this.opener = opener;
    }

    @Override
    public Located locate(FileRef ref, Credential credential) {
        Listing listing = list(address(ref));
        return new Located(ref, version(listing), false);
    }

    @Override
    public Path fetch(Located located, Contents contents, Credential credential, Progress progress) {
        S3Address place = address(located.ref());
        return snapshots.get(
                place, located.version(), contents, folder -> fill(place, located, contents, progress, folder));
    }

    private void fill(S3Address place, Located located, Contents contents, Progress progress, Path folder)
            throws IOException, InterruptedException {
        Listing listing = list(place);
        if (!version(listing).equals(located.version())) {
            throw S3Errors.changed(place);
        }
        List<StoredObject> files = listing.select(contents);
        checkSpace(place, files, folder);
        Download download = new Download(store(), settings.patience(), place, progress);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var finished = new ExecutorCompletionService<StoredObject>(threads);
            for (StoredObject file : files) {
                finished.submit(() -> run(download, file, folder));
            }
            try {
                for (int i = 0; i < files.size(); i++) {
                    finished.take().get();
                }
            } catch (ExecutionException e) {
                threads.shutdownNow();
                rethrow(e.getCause());
            } catch (InterruptedException e) {
                threads.shutdownNow();
                throw e;
            }
        }
    }

    private StoredObject run(Download download, StoredObject file, Path folder)
            throws IOException, InterruptedException {
        downloads.acquire();
        try {
            download.run(file, folder);
            return file;
        } finally {
            downloads.release();
        }
    }

    private static void rethrow(@Nullable Throwable cause) throws IOException, InterruptedException {
        switch (cause) {
            case HubException failure -> throw failure;
            case IOException failure -> throw failure;
            case InterruptedException failure -> throw failure;
            case null, default -> throw new IllegalStateException(cause);
        }
    }

    private static void checkSpace(S3Address place, List<StoredObject> files, Path folder) throws IOException {
        long needed = 0;
        for (StoredObject file : files) {
            needed = Math.addExact(needed, file.bytes());
        }
        try (var present = Files.newDirectoryStream(folder)) {
            for (Path file : present) {
                needed -= Files.size(file);
            }
        }
        long free = Files.getFileStore(folder).getUsableSpace();
        if (needed > free) {
            throw new HubException(
                    HubException.Code.STORAGE,
                    "%s needs %d more bytes, but the server's cache has room for %d; the operator must make room"
                            .formatted(place, needed, free));
        }
    }

    private S3Address address(FileRef ref) {
        S3Address place = S3Address.parse(ref.id(), settings);
        if (!settings.allows(place.bucket())) {
            throw new HubException(
                    HubException.Code.ACCESS_DENIED,
                    "Bucket '%s' is not one of those that this server serves from (GORGON_S3_BUCKETS)"
                            .formatted(place.bucket()));
        }
        ref.revision().ifPresent(revision -> {
            throw new HubException(
                    HubException.Code.INVALID_NAME,
                    "Source s3 has no revisions, so %s cannot be had in revision '%s'; name the folder that holds it"
                            .formatted(place, S3Address.show(revision)));
        });
        return place;
    }

    private Listing list(S3Address place) {
        return Listing.of(place, store().list(place));
    }

    private String version(Listing listing) {
        return listing.version(settings.endpoint().map(Object::toString).orElse(""));
    }

    private synchronized S3Store store() {
        S3Store opened = store;
        if (opened == null) {
            opened = opener.get();
            store = opened;
        }
        return opened;
    }
}
