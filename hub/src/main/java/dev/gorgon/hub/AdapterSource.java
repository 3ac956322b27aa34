package dev.gorgon.hub;

import java.util.Locale;
import java.util.Optional;

/** Where the files of an adapter come from; the names are LoRAX's {@code adapter_source} values. */
public enum AdapterSource {
    /** The Hugging Face Hub; names of embedded adapters win. */
    HUB,
    /** A folder of the machine the server runs on. */
    LOCAL,
    /** An S3 bucket. */
    S3,
    /** Predibase. */
    PBASE;

    /** The source with this name, upper and lower case alike; empty for an unknown word. */
    public static Optional<AdapterSource> parse(String name) {
        for (AdapterSource source : values()) {
            if (source.name().equalsIgnoreCase(name)) {
                return Optional.of(source);
            }
        }
        return Optional.empty();
    }

    /** The name clients use: {@code hub}, {@code local}, {@code s3} or {@code pbase}. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
