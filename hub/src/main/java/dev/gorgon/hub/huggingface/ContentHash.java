package dev.gorgon.hub.huggingface;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/** Recomputes the tag that the hub gives to a content, as far as tags tell how they are made. */
final class ContentHash {
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern SHA1 = Pattern.compile("[0-9a-f]{40}");

    private final String tag;
    private final Optional<MessageDigest> digest;

    private ContentHash(String tag, Optional<MessageDigest> digest) {
        this.tag = tag;
        this.digest = digest;
    }

    /** Begins a computation for a content of this many bytes. */
    static ContentHash start(String tag, long size) {
        if (SHA256.matcher(tag).matches()) {
            return new ContentHash(tag, Optional.of(digest("SHA-256")));
        }
        if (SHA1.matcher(tag).matches()) {
            MessageDigest git = digest("SHA-1");
            git.update(("blob " + size + "\0").getBytes(StandardCharsets.US_ASCII));
            return new ContentHash(tag, Optional.of(git));
        }
        return new ContentHash(tag, Optional.empty());
    }

    private static MessageDigest digest(String name) {
        try {
            return MessageDigest.getInstance(name);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has " + name, e);
        }
    }

    /** Takes these bytes in; leaves the position of the buffer alone. */
    void update(ByteBuffer bytes) {
        digest.ifPresent(found -> found.update(bytes.duplicate()));
    }

    /** Whether the content is the one announced; true for a tag of unknown making. Ends the computation. */
    boolean matches() {
        return digest.map(found -> HexFormat.of().formatHex(found.digest()).equals(tag))
                .orElse(true);
    }
}
