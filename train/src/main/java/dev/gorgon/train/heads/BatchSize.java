package dev.gorgon.train.heads;

/**
 * What an optimizer step covers.
 *
 * @param unit conversations, as the published recipe counts, or positions
 * @param count how many of them
 */
public record BatchSize(Unit unit, long count) {

    /** What is counted. */
    public enum Unit {
        CONVERSATIONS,
        POSITIONS
    }

    public BatchSize {
        if (count < 1) {
            throw new TrainingException("a step must cover at least one conversation or position, got " + count);
        }
    }
}
