package dev.gorgon.engine.adapter;

import dev.gorgon.engine.weights.WeightFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** SHA-256 of files, remembered by their stamps: a file that has not changed is not read again. Any thread. */
final class FileHashes {

    private static final int BUFFER_BYTES = 1 << 18;
    /** Some megabytes of memory; enough for thousands of adapters. */
    private static final int MAX_ENTRIES = 16_384;

    private final InstantSource clock;
    private final AtomicLong bytesRead = new AtomicLong();
    private final Map<FileStamp, Sha256> hashes;

    /** @param clock of the file system's times */
    FileHashes(InstantSource clock) {
        this(clock, MAX_ENTRIES);
    }

    FileHashes(InstantSource clock, int maxEntries) {
        this.clock = clock;
        this.hashes = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<FileStamp, Sha256> eldest) {
                return size() > maxEntries;
            }
        };
    }

    /** A digest of 32 bytes. */
    record Sha256(byte[] bytes) {}

    InstantSource clock() {
        return clock;
    }

    /** Bytes of files read so far. */
    long bytesRead() {
        return bytesRead.get();
    }

    /**
     * The hash of the bytes of a file.
     *
     * @throws AdapterException if the file cannot be read
     */
    Sha256 of(FileStamp file) {
        synchronized (hashes) {
            Sha256 known = hashes.get(file);
            if (known != null) {
                return known;
            }
        }
        // a file that may still change without a new time must not be remembered
        boolean settled = file.settled(clock.instant());
        Sha256 hash = read(file);
        if (settled && unchanged(file)) {
            synchronized (hashes) {
                hashes.put(file, hash);
            }
        }
        return hash;
    }

    private static boolean unchanged(FileStamp file) {
        try {
            FileStamp now = FileStamp.of(file.realPath());
            return now.withName(file.name()).equals(file);
        } catch (IOException e) {
            return false;
        }
    }

    private Sha256 read(FileStamp file) {
        MessageDigest digest = sha256();
        byte[] buffer = new byte[(int) Math.min(BUFFER_BYTES, Math.max(1, file.size()))];
        // never more than the stamp says: files of some file systems have no end, or wait for more
        long left = file.size();
        try (InputStream in = Files.newInputStream(file.realPath())) {
            while (left > 0) {
                int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
                if (count < 0) {
                    break; // became shorter; the stamp taken afterwards tells
                }
                digest.update(buffer, 0, count);
                bytesRead.addAndGet(count);
                left -= count;
            }
        } catch (IOException e) {
            throw new AdapterException(
                    AdapterException.Code.ADAPTER_UNAVAILABLE,
                    "cannot read " + file.realPath() + ": " + WeightFiles.reason(e),
                    e);
        }
        return new Sha256(digest.digest());
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }
}
