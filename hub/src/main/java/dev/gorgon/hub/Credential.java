package dev.gorgon.hub;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A token that a caller sent for fetching files. It never appears in logs or messages.
 *
 * @param token empty for none: then the server's own token is used, if the operator gave it one for everybody
 */
public record Credential(String token) {

    /** The caller sent none. */
    public static final Credential NONE = new Credential("");

    public boolean isPresent() {
        return !token.isEmpty();
    }

    /** Tells credentials apart without revealing them: a hash, or empty for none. */
    public String scope() {
        if (token.isEmpty()) {
            return "";
        }
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return token.isEmpty() ? "no token" : "token ***";
    }
}
