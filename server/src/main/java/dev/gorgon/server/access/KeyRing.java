package dev.gorgon.server.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.List;

/** Keys that open the same door. Holds their SHA-256 only. Immutable. */
public final class KeyRing {
    /** A ring that opens nothing. */
    public static final KeyRing EMPTY = new KeyRing(List.of());

    private final List<byte[]> digests;

    private KeyRing(List<byte[]> digests) {
        this.digests = digests;
    }

    /** A ring of these keys. */
    public static KeyRing of(Collection<String> keys) {
        return new KeyRing(keys.stream().map(KeyRing::digest).toList());
    }

    /** Whether it is one of the keys. Takes the same time for every text of a length. */
    public boolean opens(String key) {
        byte[] given = digest(key);
        boolean found = false;
        for (byte[] digest : digests) {
            found |= MessageDigest.isEqual(digest, given); // no early end: the time must not tell which key was close
        }
        return found;
    }

    /** How many keys there are. */
    public int size() {
        return digests.size();
    }

    private static byte[] digest(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return digests.size() + " keys";
    }
}
