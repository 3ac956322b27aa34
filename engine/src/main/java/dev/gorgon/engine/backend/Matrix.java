package dev.gorgon.engine.backend;

/** A weight matrix {@code [outFeatures][inFeatures]} in a backend's own format. Written once, then read only. */
public interface Matrix {

    int outFeatures();

    int inFeatures();

    /** Bytes it occupies. */
    long bytes();
}
