package dev.gorgon.hub.s3;

import dev.gorgon.hub.Contents;
import dev.gorgon.hub.HubException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;

/**
 * Folders that are complete or not there: {@code <cache>/models--<bucket>--<key>/snapshots/<version>}, and {@code <version>-model} for
 * the files of a base model. They grow under {@code incomplete/} beside {@code snapshots/}. Within a process and between processes,
 * one at a time makes a folder and the others wait for it.
 */
final class Snapshots {
    /** Leaves room for the suffixes in the 255 bytes of a file name. */
    private static final int MAX_NAME = 200;

    private static final Duration OTHER_PROCESS_PAUSE = Duration.ofMillis(200);
    private static final Duration OTHER_PROCESS_PATIENCE = Duration.ofHours(2);

    private final Path cache;
    private final ConcurrentMap<Path, CompletableFuture<Path>> running = new ConcurrentHashMap<>();

    Snapshots(Path cache) {
        this.cache = cache;
    }

    /** Fills an empty or half-filled folder; what it leaves there when it returns is the whole content. */
    interface Maker {
        void fill(Path folder) throws IOException, InterruptedException;
    }

    /** Where the files of this version are, or would be. */
    Path folder(S3Address place, String version, Contents contents) {
        return repository(place).resolve("snapshots").resolve(name(version, contents));
    }

    private static String name(String version, Contents contents) {
        return contents == Contents.ADAPTER ? version : version + "-model";
    }

    private Path repository(S3Address place) {
        String name = "models--" + place.bucket() + "--" + place.key().replace("/", "--");
        if (name.length() > MAX_NAME) {
            // Versions are hashes over the whole address: folders that share a name never share content.
            name = name.substring(0, MAX_NAME);
        }
        return cache.resolve(name);
    }

    /**
     * The folder, made if it is not there.
     *
     * @throws HubException if that fails
     */
    Path get(S3Address place, String version, Contents contents, Maker maker) {
        Path target = folder(place, version, contents);
        if (Files.isDirectory(target)) {
            return target;
        }
        CompletableFuture<Path> mine = new CompletableFuture<>();
        CompletableFuture<Path> others = running.putIfAbsent(target, mine);
        if (others != null) {
            return await(others, place);
        }
        try {
            make(repository(place), name(version, contents), maker);
            mine.complete(target);
            return target;
        } catch (HubException e) {
            mine.completeExceptionally(e);
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            HubException failure = interrupted(place, e);
            mine.completeExceptionally(failure);
            throw failure;
        } catch (IOException e) {
            HubException failure = new HubException(
                    HubException.Code.STORAGE,
                    "The files of %s cannot be stored on the server (%s); the operator must check its cache folder and the space on its disk"
                            .formatted(place, reason(e)),
                    e);
            mine.completeExceptionally(failure);
            throw failure;
        } finally {
            mine.completeExceptionally(new IllegalStateException("the download of " + place + " failed unexpectedly"));
            running.remove(target, mine);
        }
    }

    private static void make(Path repository, String name, Maker maker) throws IOException, InterruptedException {
        Path incomplete = repository.resolve("incomplete");
        Path snapshots = repository.resolve("snapshots");
        Path growing = incomplete.resolve(name);
        Path target = snapshots.resolve(name);
        Path lockFile = incomplete.resolve(name + ".lock");
        Files.createDirectories(incomplete);
        Files.createDirectories(snapshots);
        try (FileChannel lock = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            acquire(lock, lockFile);
            if (!Files.isDirectory(target)) {
                Files.createDirectories(growing);
                maker.fill(growing);
                force(growing);
                Files.move(growing, target, StandardCopyOption.ATOMIC_MOVE);
                force(snapshots);
            }
            // Who waits for this lock finds the folder there, as who comes later does.
            Files.deleteIfExists(lockFile);
        }
    }

    /** Waits for the lock, which then lasts as long as the channel is open. */
    private static void acquire(FileChannel channel, Path lockFile) throws IOException, InterruptedException {
        long end = System.nanoTime() + OTHER_PROCESS_PATIENCE.toNanos();
        while (!tryLock(channel)) {
            if (System.nanoTime() - end >= 0) {
                throw new IOException("another process has held " + lockFile.getFileName() + " for two hours");
            }
            Thread.sleep(OTHER_PROCESS_PAUSE);
        }
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false; // another object of this class in this process has it
        }
    }

    /** Makes names in a folder survive a power cut. */
    private static void force(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static Path await(CompletableFuture<Path> others, S3Address place) {
        try {
            return others.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw interrupted(place, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof HubException failure) {
                throw new HubException(failure.code(), String.valueOf(failure.getMessage()), failure);
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    private static HubException interrupted(S3Address place, InterruptedException cause) {
        return new HubException(
                HubException.Code.UNREACHABLE, "Fetching %s was interrupted; ask again".formatted(place), cause);
    }

    /** Without the path: it is nobody's business. */
    private static String reason(IOException e) {
        if (e instanceof FileSystemException failure && failure.getReason() != null) {
            return failure.getReason();
        }
        return e instanceof FileSystemException ? e.getClass().getSimpleName() : String.valueOf(e.getMessage());
    }
}
