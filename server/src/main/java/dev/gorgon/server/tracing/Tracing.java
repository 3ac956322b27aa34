package dev.gorgon.server.tracing;

import dev.gorgon.server.metrics.Collector;
import dev.gorgon.server.metrics.Family;
import dev.gorgon.server.metrics.Page;
import java.util.List;

/**
 * Where the spans of requests go. Spans are made when a request is over, from what was noted on its way: while it runs, tracing
 * costs nothing. Thread-safe; never fails and never waits, but for {@link #close}.
 */
public interface Tracing extends Collector, AutoCloseable {

    /** Nothing is traced. */
    Tracing NONE = new Tracing() {
        @Override
        public boolean isOn() {
            return false;
        }

        @Override
        public String record(FinishedRequest request) {
            return "";
        }

        @Override
        public void close() {}

        @Override
        public List<Family> families() {
            return List.of();
        }

        @Override
        public void collect(Page page) {}
    };

    /**
     * Starts to send spans by OTLP over HTTP, as protobuf, from threads of its own; what cannot be sent is dropped.
     *
     * @param settings where to, and how many
     */
    static Tracing start(TracingSettings settings) {
        return new OtlpTracing(settings);
    }

    /** Whether anything is recorded. */
    boolean isOn();

    /** Takes a request that is over; returns the id of its trace, or an empty text if it is not traced. */
    String record(FinishedRequest request);

    /** Sends what is left, for a few seconds at most. */
    @Override
    void close();
}
