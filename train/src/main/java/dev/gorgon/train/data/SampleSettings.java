package dev.gorgon.train.data;

/**
 * How conversations become samples.
 *
 * @param labels which tokens are targets
 * @param maxTokens of a sample; the rest is cut off at the end
 */
public record SampleSettings(Labels labels, int maxTokens) {

    /** Which tokens are targets. */
    public enum Labels {
        /** What the assistant says, and the token that ends it. */
        ASSISTANT,
        /** Everything, as in the published scripts (Medusa specification, section 3.2). */
        ALL
    }

    public SampleSettings {
        if (maxTokens < 2) {
            throw new IllegalArgumentException("model_max_length must be at least 2, got " + maxTokens);
        }
    }
}
