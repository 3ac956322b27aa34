package dev.gorgon.server.metrics;

import dev.gorgon.engine.meter.Distribution;
import java.util.List;

/** A histogram with one series per distribution. */
final class Histogram implements Collector {
    private final Family family;
    private final boolean shownEmpty;
    private final List<HistogramLines> series;

    private Histogram(Family family, boolean shownEmpty, List<HistogramLines> series) {
        this.family = family;
        this.shownEmpty = shownEmpty;
        this.series = series;
    }

    /** Shown from the start. */
    static Histogram of(Family family, String labels, Distribution distribution) {
        return new Histogram(family, true, List.of(new HistogramLines(family, labels, distribution)));
    }

    /** Series that appear with their first number, as LoRAX's do. */
    static Histogram onceUsed(Family family, HistogramLines... series) {
        return new Histogram(family, false, List.of(series));
    }

    @Override
    public List<Family> families() {
        return List.of(family);
    }

    @Override
    public void collect(Page page) {
        page.begin(family);
        for (HistogramLines lines : series) {
            if (shownEmpty || !lines.isEmpty()) {
                lines.write(page);
            }
        }
    }
}
