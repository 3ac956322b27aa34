package dev.gorgon.server.observe;

import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.server.metrics.Latencies;

/** Opens the watching of a generation to measurements. */
public final class Watching {
    private Watching() {}

    public static GenerationListener watch(Latencies latencies, GenerationListener listener) {
        long now = System.nanoTime();
        return new WatchedGeneration(listener, latencies, now, now);
    }
}
