package dev.gorgon.server.metrics;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/** A counter with at most one label, of few values; each series appears with its first count, as LoRAX's do. Thread-safe. */
final class Counter implements Collector {
    private final Family family;
    private final Map<String, LongAdder> counts = new ConcurrentSkipListMap<>();

    Counter(Family family) {
        this.family = family;
    }

    void increment() {
        add("", 1);
    }

    void increment(String labelValue) {
        add(Labels.of(family.labels().getFirst(), labelValue), 1);
    }

    private void add(String labels, long count) {
        counts.computeIfAbsent(labels, unseen -> new LongAdder()).add(count);
    }

    @Override
    public List<Family> families() {
        return List.of(family);
    }

    @Override
    public void collect(Page page) {
        page.begin(family);
        counts.forEach((labels, count) -> page.sample(labels, count.sum()));
    }
}
