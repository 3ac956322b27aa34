package dev.gorgon.server;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Who may use the server. Without keys everybody may; with some, every route but {@code /health}, {@code /ping}, {@code
 * /startup} and {@code GET /} wants one, as {@code Authorization: Bearer KEY} or {@code x-api-key: KEY}.
 *
 * @param keys that are accepted as long as the server runs
 * @param keyFile a file with one further key per line; read again when it changes, see {@link
 *     dev.gorgon.server.access.KeyFile}
 * @param adminKey what the operator sends to manage adapters; it opens every other route as well; empty if nobody may
 * @param openMetrics whether {@code /metrics} is open to everybody even if there are keys
 */
public record Access(List<String> keys, Optional<Path> keyFile, Optional<String> adminKey, boolean openMetrics) {

    /** Everybody may do everything but manage adapters. */
    public static final Access OPEN = new Access(List.of(), Optional.empty(), Optional.empty(), false);

    public Access {
        keys = List.copyOf(keys);
        keys.forEach(key -> requireSendable("an API key", key));
        adminKey.ifPresent(key -> requireSendable("the admin key", key));
    }

    /** Whether callers need a key. True also while the key file holds none. */
    public boolean guarded() {
        return !keys.isEmpty() || keyFile.isPresent();
    }

    /** The same with another admin key. */
    public Access withAdminKey(Optional<String> key) {
        return new Access(keys, keyFile, key, openMetrics);
    }

    /** Whether a key can travel in a header: visible ASCII without spaces, at most 1024 characters. */
    public static boolean isSendable(String key) {
        return !key.isEmpty() && key.length() <= 1024 && key.chars().allMatch(c -> c > ' ' && c <= '~');
    }

    private static void requireSendable(String what, String key) {
        if (!isSendable(key)) {
            throw new ServerException(what + " must be 1 to 1024 visible ASCII characters without spaces");
        }
    }

    /** Without the keys. */
    @Override
    public String toString() {
        return "Access[" + keys.size() + " keys"
                + keyFile.map(file -> ", " + file).orElse("") + (adminKey.isPresent() ? ", an admin key" : "")
                + (openMetrics ? ", open metrics" : "") + "]";
    }
}
