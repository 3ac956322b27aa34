package dev.gorgon.client.types;

import java.util.Locale;

/** How strategies that elect signs count votes (LoRAX contract, section 2.4). */
public enum MajoritySignMethod {
    /** The sign of the sum. */
    TOTAL,
    /** The sign that more adapters have. */
    FREQUENCY;

    /** The word in requests. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
