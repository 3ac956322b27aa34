package dev.gorgon.engine.backend;

/**
 * What one adapter changes in one linear operation, in a backend's own format: a {@code B·A} for each of the maps that are computed
 * together there, all from the same inputs. Written once, then read only.
 */
public interface LowRankMatrix {

    int inFeatures();

    /** Ranks of all its maps together. */
    int ranks();

    /** Bytes it occupies. */
    long bytes();

    /**
     * One map that is changed.
     *
     * @param rank of its factors: A is {@code [rank][inFeatures]}, B {@code [outFeatures][rank]}
     * @param outFeatures of the map
     * @param firstColumn column of its first output in the operation
     */
    record Part(int rank, int outFeatures, int firstColumn) {}
}
