package dev.gorgon.client.types;

import java.util.Locale;

/** Where the server takes an adapter from (LoRAX contract, section 2.5). */
public enum AdapterSource {
    /** The Hugging Face Hub; the id is {@code owner/name}. */
    HUB,
    /** A folder on the server's machine. */
    LOCAL,
    /** A folder in a bucket. */
    S3,
    /** Predibase; the id is {@code repository/version}. */
    PBASE;

    /** The word in requests. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
