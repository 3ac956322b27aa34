package dev.gorgon.train.heads;

/**
 * When something is done during training.
 *
 * @param unit never, every so many steps, or at the end of each epoch
 * @param steps between two times, with {@link Unit#STEPS}
 */
public record Interval(Unit unit, long steps) {

    public static final Interval NEVER = new Interval(Unit.NO, 1);

    /** Values of {@code --evaluation_strategy} and {@code --save_strategy}. */
    public enum Unit {
        NO,
        STEPS,
        EPOCH
    }

    public Interval {
        if (steps < 1) {
            throw new TrainingException(
                    "steps between two evaluations, checkpoints or log lines must be at least 1, got " + steps);
        }
    }

    /** Whether it is time after so many steps. */
    boolean isDue(long done, long stepsPerEpoch) {
        return switch (unit) {
            case NO -> false;
            case STEPS -> done % steps == 0;
            case EPOCH -> done % stepsPerEpoch == 0;
        };
    }
}
