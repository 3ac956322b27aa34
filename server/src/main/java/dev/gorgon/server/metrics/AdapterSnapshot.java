package dev.gorgon.server.metrics;

import dev.gorgon.engine.adapter.AdapterOrigin;
import dev.gorgon.engine.adapter.AdapterStatus;
import dev.gorgon.engine.adapter.PoolStats;
import dev.gorgon.server.Adapters;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The adapters as of a moment ago: looking at each of them takes a lock for a moment, so they are looked at ten times a second at
 * most, however often metrics are asked for. Names of private adapters stay private; the beginning of their content's hash stands
 * for them.
 */
final class AdapterSnapshot {
    private static final long MAX_AGE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int SHOWN_IDENTITY = 12;
    /** Before anybody has looked. */
    static final View NOTHING = new View(0, List.of(), Map.of(), new PoolStats(0, 0, 0, 0, 0, 0));

    private final Adapters adapters;
    private volatile View latest = NOTHING;

    AdapterSnapshot(Adapters adapters) {
        this.adapters = adapters;
    }

    /** What was known at one moment. */
    record View(long nanos, List<AdapterStatus> list, Map<String, List<String>> names, PoolStats pool) {

        /** What an adapter may be called in public; its identity if it is not in the list. */
        List<String> publicNames(String identity) {
            return names.getOrDefault(identity, List.of(shortIdentity(identity)));
        }
    }

    View now() {
        View view = latest;
        if (view.nanos == 0 || System.nanoTime() - view.nanos > MAX_AGE_NANOS) {
            view = read();
            latest = view;
        }
        return view;
    }

    private View read() {
        List<AdapterStatus> list = adapters.list();
        Map<String, List<String>> names = new HashMap<>();
        for (AdapterStatus status : list) {
            if (!status.identity().isEmpty()) {
                names.put(status.identity(), publicNames(status));
            }
        }
        return new View(System.nanoTime() | 1, list, names, adapters.stats());
    }

    /** What an adapter may be called in public. */
    static List<String> publicNames(AdapterStatus status) {
        if (status.restricted() || status.names().isEmpty()) {
            return List.of(shortIdentity(status.identity()));
        }
        return status.names().stream().map(AdapterOrigin.Name::id).distinct().toList();
    }

    static String shortIdentity(String identity) {
        return identity.substring(0, Math.min(SHOWN_IDENTITY, identity.length()));
    }
}
