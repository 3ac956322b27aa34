package dev.gorgon.client.types;

/** How {@code /metrics} is written (LoRAX contract, section 1.15). */
public enum MetricsFormat {
    /** Prometheus' text. */
    PROMETHEUS("text/plain"),
    /** JSON. */
    JSON("application/json");

    private final String mediaType;

    MetricsFormat(String mediaType) {
        this.mediaType = mediaType;
    }

    /** What is asked for in the {@code Accept} header. */
    public String mediaType() {
        return mediaType;
    }
}
