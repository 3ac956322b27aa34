package dev.gorgon.engine.adapter;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;

/**
 * What an adapter is, whatever it is called and wherever it lies: the SHA-256 of its files' names, lengths and contents, and of the
 * revision it was asked for. Equal identities mean equal adapters.
 *
 * @param identity 64 hexadecimal digits
 * @param stamp the state of the files that were hashed; when {@link FolderStamp#of} still gives the same after they were loaded,
 *     what was loaded is what was hashed
 */
public record ContentIdentity(String identity, FolderStamp stamp) {

    /** Larger than the heads of the largest models; bounds the time that hashing may take. */
    private static final long MAX_BYTES = 64L << 30;

    private static final int MAX_TRIES = 5;
    private static final byte[] FORMAT = "gorgon adapter 1\n".getBytes(StandardCharsets.UTF_8);

    /** Only remembers what the files themselves say, so that sharing it cannot change a result. */
    private static final FileHashes HASHES = new FileHashes(InstantSource.system());

    /**
     * The identity of the adapter in a folder. Reads all its files the first time, later only those that have changed; blocks
     * meanwhile, so it belongs on a thread of its own. Any thread.
     *
     * @param revision the revision of its source, a commit or version; empty if there is none
     * @throws AdapterException if the folder holds no adapter, or its files cannot be read or do not stop changing
     */
    public static ContentIdentity of(Path folder, String revision) {
        return of(folder, revision, HASHES);
    }

    static ContentIdentity of(Path folder, String revision, FileHashes hashes) {
        FolderStamp before = FolderStamp.of(folder);
        for (int i = 0; i < MAX_TRIES; i++) {
            if (before.bytes() > MAX_BYTES) {
                throw new AdapterException(
                        AdapterException.Code.ADAPTER_TOO_LARGE,
                        "the adapter in " + folder + " has " + before.bytes() + " bytes; " + MAX_BYTES
                                + " are the most that are read");
            }
            settle(before, hashes.clock());
            String identity = identity(before, revision, hashes);
            FolderStamp after = FolderStamp.of(folder);
            if (after.equals(before)) {
                return new ContentIdentity(identity, after);
            }
            before = after;
        }
        throw new AdapterException(
                AdapterException.Code.ADAPTER_UNAVAILABLE,
                "the files in " + folder + " do not stop changing; try again when nothing writes to them");
    }

    private static String identity(FolderStamp stamp, String revision, FileHashes hashes) {
        MessageDigest digest = FileHashes.sha256();
        digest.update(FORMAT);
        // every part is preceded by its length, so that no two lists of parts read the same
        addText(digest, revision);
        for (FileStamp file : stamp.files()) {
            addText(digest, file.name());
            addLong(digest, file.size());
            digest.update(hashes.of(file).bytes());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void addText(MessageDigest digest, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        addLong(digest, bytes.length);
        digest.update(bytes);
    }

    private static void addLong(MessageDigest digest, long value) {
        digest.update(ByteBuffer.allocate(Long.BYTES).putLong(value).array());
    }

    /** Waits out the moment after a change in which another change would not show in the stamp. */
    private static void settle(FolderStamp stamp, InstantSource clock) {
        Duration wait = stamp.files().stream()
                .map(file -> file.untilSettled(clock.instant()))
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
        if (wait.isZero()) {
            return;
        }
        try {
            Thread.sleep(wait);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AdapterException(
                    AdapterException.Code.ADAPTER_UNAVAILABLE, "interrupted while waiting for an adapter's files", e);
        }
    }
}
