package dev.gorgon.hub.huggingface;

import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Map;
import java.util.TreeMap;

/** What is sent along with a question; may be sent several times. */
interface Payload {

    /** Nothing. */
    Payload NONE = new Payload() {};

    /** What git's large file storage speaks. */
    String LFS_JSON = "application/vnd.git-lfs+json";

    default BodyPublisher publisher() {
        return BodyPublishers.noBody();
    }

    default Map<String, String> headers() {
        return Map.of();
    }

    /** Bytes that the connection has taken so far, over all attempts. */
    default long taken() {
        return 0;
    }

    /** JSON of a few megabytes at most. */
    static Payload json(byte[] json, String type) {
        Map<String, String> headers = new TreeMap<>(Map.of("Content-Type", type, "Accept", type));
        return new Payload() {
            @Override
            public BodyPublisher publisher() {
                return BodyPublishers.ofByteArray(json);
            }

            @Override
            public Map<String, String> headers() {
                return headers;
            }
        };
    }
}
