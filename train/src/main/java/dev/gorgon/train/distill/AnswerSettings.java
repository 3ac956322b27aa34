package dev.gorgon.train.distill;

/**
 * How answers are generated.
 *
 * @param maxTokens of one answer, at least 1
 * @param temperature 0 is greedy
 * @param topP smallest set of tokens with this mass, in (0, 1]; 1 is off
 */
public record AnswerSettings(int maxTokens, float temperature, float topP) {

    public AnswerSettings {
        if (maxTokens < 1) {
            throw new IllegalArgumentException("max_tokens must be at least 1, got " + maxTokens);
        }
        if (!(temperature >= 0) || temperature == Float.POSITIVE_INFINITY) {
            throw new IllegalArgumentException("the temperature must be a number from 0 on, got " + temperature);
        }
        if (!(topP > 0 && topP <= 1)) {
            throw new IllegalArgumentException("top_p must be above 0 and at most 1, got " + topP);
        }
    }

    /** Whether answers depend on the seed. */
    boolean samples() {
        return temperature > 0;
    }
}
