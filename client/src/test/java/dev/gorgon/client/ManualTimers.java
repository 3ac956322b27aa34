package dev.gorgon.client;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/** Pauses pass at once and are written down; limits pass when the test says so. */
final class ManualTimers implements Timers {

    /** A limit that was asked for. */
    record Limit(Duration time, CompletableFuture<Void> passed) {}

    private final List<Duration> pauses = new CopyOnWriteArrayList<>();
    private final List<Limit> limits = new CopyOnWriteArrayList<>();

    @Override
    public CompletableFuture<Void> pause(Duration pause) {
        pauses.add(pause);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Void> limit(Duration limit) {
        CompletableFuture<Void> passed = new CompletableFuture<>();
        limits.add(new Limit(limit, passed));
        return passed;
    }

    List<Duration> pauses() {
        return List.copyOf(pauses);
    }

    List<Limit> limits() {
        return List.copyOf(limits);
    }

    /** Lets all limits of this length pass that were asked for. */
    void pass(Duration time) {
        limits.stream()
                .filter(limit -> limit.time().equals(time))
                .forEach(limit -> limit.passed().complete(null));
    }
}
