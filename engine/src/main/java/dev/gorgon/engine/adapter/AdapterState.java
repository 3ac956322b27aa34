package dev.gorgon.engine.adapter;

import java.util.Locale;

/** Where an adapter is in its life: Downloading → Loading → Ready → Evicted → Loading …, or Failed with its reason. */
public enum AdapterState {
    /** Its source is asked, or its files are on their way. */
    DOWNLOADING,
    /** Waiting for memory, or on the way into it. */
    LOADING,
    /** In memory. */
    READY,
    /** On this machine, not in memory. */
    EVICTED,
    /** Cannot be had; tried again after a while. */
    FAILED;

    /** As in answers of the API: {@code ready}. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
