package dev.gorgon.hub.huggingface;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps other threads and other processes, Python's included, from downloading the same file at the same time. The operating system
 * gives the lock back when the process dies. The lock file stays, as Python's does: whoever removed it could let two in.
 */
final class CacheLock implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CacheLock.class);
    private static final long POLL_MILLIS = 50;
    private static final long NOTICE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private interface Held {
        void release() throws IOException;
    }

    private final Held held;

    private CacheLock(Held held) {
        this.held = held;
    }

    /** Waits until the lock is free. @throws IOException if the file cannot be made or the thread is interrupted */
    static CacheLock acquire(Path file) throws IOException {
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
        long noticed = System.nanoTime();
        while (true) {
            Optional<Held> held = attempt(file);
            if (held.isPresent()) {
                return new CacheLock(held.get());
            }
            if (System.nanoTime() - noticed > NOTICE_NANOS) {
                noticed = System.nanoTime();
                LOG.info("waiting for somebody else's download: {} is locked", file);
            }
            try {
                Thread.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while waiting for " + file);
            }
        }
    }

    private static Optional<Held> attempt(Path file) throws IOException {
        try {
            Files.createFile(file);
        } catch (FileAlreadyExistsException e) {
            // Left by an earlier download.
        }
        Optional<NativeFlock> flock = NativeFlock.find();
        return flock.isPresent() ? attempt(flock.get(), file) : attemptWithJava(file);
    }

    private static Optional<Held> attempt(NativeFlock flock, Path file) throws IOException {
        Optional<Integer> descriptor = flock.tryLock(file);
        if (descriptor.isEmpty()) {
            return Optional.empty();
        }
        int open = descriptor.get();
        // Older versions of Python remove the file: a lock on what no longer has the name excludes nobody.
        if (!isStill(file, Path.of("/dev/fd/" + open))) {
            flock.release(open);
            return Optional.empty();
        }
        return Optional.of(() -> flock.release(open));
    }

    private static boolean isStill(Path file, Path opened) throws IOException {
        try {
            return Files.isSameFile(file, opened);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private static Optional<Held> attemptWithJava(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return Optional.of(channel::close);
            }
        } catch (OverlappingFileLockException e) {
            // Another thread of this process has it.
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        channel.close();
        return Optional.empty();
    }

    @Override
    public void close() {
        try {
            held.release();
        } catch (IOException e) {
            LOG.warn("cannot give a lock back: {}", e.getMessage());
        }
    }
}
