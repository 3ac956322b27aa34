package dev.gorgon.train.distill;

import java.net.URI;
import java.time.Duration;
import java.util.Locale;

/**
 * A server with OpenAI's API.
 *
 * @param base its address up to {@code /v1}
 * @param apiKey sent as bearer token unless empty
 * @param timeout for one answer
 */
public record ChatServer(URI base, String apiKey, Duration timeout) {

    /**
     * @param url with or without {@code /v1} or {@code /v1/chat/completions} at its end
     * @throws IllegalArgumentException if that is no address of a web server
     */
    public static ChatServer of(String url, String apiKey, Duration timeout) {
        String base = url.strip().replaceFirst("/+$", "");
        base = base.replaceFirst("/chat/completions$", "").replaceFirst("/v1$", "");
        URI uri;
        try {
            uri = URI.create(base + "/v1");
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(url + " is no valid address: " + e.getMessage(), e);
        }
        String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
        if (uri.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
            throw new IllegalArgumentException(url + " is no address of a server; give one like http://localhost:3000");
        }
        return new ChatServer(uri, apiKey.strip(), timeout);
    }

    URI resolve(String path) {
        return URI.create(base + path);
    }

    /** Without the key. */
    @Override
    public String toString() {
        return base.toString();
    }
}
