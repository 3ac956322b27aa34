package dev.gorgon.engine.schedule;

/** A submitted generation. */
public interface Generation {

    /**
     * Asks the engine to drop the generation; takes effect before the next step. Safe to call from any thread, at any time,
     * more than once.
     */
    void cancel();
}
