package dev.gorgon.server.generate;

import dev.gorgon.server.http.ApiException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The requests of one server that are being served. Thread-safe. */
public final class LiveRequests {
    private final Set<LiveRequest> live = ConcurrentHashMap.newKeySet();

    void add(LiveRequest request) {
        live.add(request);
    }

    void remove(LiveRequest request) {
        live.remove(request);
    }

    /** How many there are. */
    public int count() {
        return live.size();
    }

    /** Ends all of them with this error: their clients are told, their generations cancelled. Returns at once. */
    public void failAll(ApiException error) {
        List.copyOf(live).forEach(request -> request.run(() -> request.giveUp(error)));
    }
}
