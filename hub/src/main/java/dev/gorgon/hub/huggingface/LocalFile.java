package dev.gorgon.hub.huggingface;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A file that is to be pushed, with the names of its content.
 *
 * @param path in the repository
 * @param file on this machine
 * @param sha256 as the store for large files names it
 * @param gitHash as git names it
 * @param sample its first bytes, by which the hub tells text from binary
 */
record LocalFile(String path, Path file, long size, String sha256, String gitHash, byte[] sample) {
    private static final int SAMPLE = 512;
    private static final int BUFFER = 1 << 20;

    /** Reads the file once. @throws IOException if it cannot be read, or changes meanwhile */
    static LocalFile read(String path, Path file) throws IOException {
        long size = Files.size(file);
        MessageDigest sha = digest("SHA-256");
        MessageDigest git = digest("SHA-1");
        git.update(("blob " + size + "\0").getBytes(StandardCharsets.US_ASCII));
        byte[] sample;
        long read = 0;
        try (InputStream in = Files.newInputStream(file)) {
            sample = in.readNBytes(SAMPLE);
            sha.update(sample);
            git.update(sample);
            read += sample.length;
            byte[] buffer = new byte[BUFFER];
            for (int count = in.read(buffer); count > 0; count = in.read(buffer)) {
                sha.update(buffer, 0, count);
                git.update(buffer, 0, count);
                read += count;
            }
        }
        if (read != size) {
            throw new IOException(file + " changes while it is read");
        }
        HexFormat hex = HexFormat.of();
        return new LocalFile(path, file, size, hex.formatHex(sha.digest()), hex.formatHex(git.digest()), sample);
    }

    private static MessageDigest digest(String name) {
        try {
            return MessageDigest.getInstance(name);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has " + name, e);
        }
    }

    /** Whether a content with this tag is the same. */
    boolean isTagged(String tag) {
        return tag.equals(sha256) || tag.equals(gitHash);
    }
}
