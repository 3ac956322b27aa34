package dev.gorgon.client.types;

import java.util.Locale;

/** How the factors of several LoRAs become one (LoRAX contract, section 2.4). */
public enum MergeStrategy {
    /** The weighted sum. */
    LINEAR,
    /** Keeps the largest elements of each, elects a sign per element, and averages those that have it. */
    TIES,
    /** Drops elements at random and sums the rest. */
    DARE_LINEAR,
    /** Drops elements at random, elects a sign per element, and averages those that have it. */
    DARE_TIES;

    /** The word in requests. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
