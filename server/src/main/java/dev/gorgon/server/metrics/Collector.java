package dev.gorgon.server.metrics;

import java.util.List;

/** Some families that are read together. */
public interface Collector {

    /** All families it may ever write. */
    List<Family> families();

    /** Writes what is there now; must not block, and may be called on any thread. */
    void collect(Page page);
}
