package dev.gorgon.train.heads;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The learning rate over the steps of a training, by the formulas of Hugging Face's schedulers.
 *
 * @param peak highest rate
 * @param schedule how it falls
 * @param warmupSteps steps over which it rises from 0; {@link Schedule#CONSTANT} has none
 * @param totalSteps of the training
 */
public record LearningRate(double peak, Schedule schedule, long warmupSteps, long totalSteps) {

    /** Values of {@code --lr_scheduler_type}. */
    public enum Schedule {
        CONSTANT,
        CONSTANT_WITH_WARMUP,
        LINEAR,
        COSINE;

        /** @throws TrainingException for a name that is not known */
        public static Schedule parse(String name) {
            return Arrays.stream(values())
                    .filter(known -> known.name().toLowerCase(Locale.ROOT).equals(name))
                    .findFirst()
                    .orElseThrow(() -> new TrainingException("--lr_scheduler_type is " + name + "; choose "
                            + Arrays.stream(values())
                                    .map(known -> known.name().toLowerCase(Locale.ROOT))
                                    .collect(Collectors.joining(", "))));
        }
    }

    public LearningRate {
        if (!(peak > 0) || Double.isInfinite(peak) || warmupSteps < 0) {
            throw new TrainingException("--learning_rate must be above 0 and the warm-up not negative, got " + peak
                    + " and " + warmupSteps + " steps");
        }
    }

    /** Rate of a step, counted from 0. */
    public double at(long step) {
        if (schedule == Schedule.CONSTANT) {
            return peak;
        }
        if (step < warmupSteps) {
            return peak * step / Math.max(1, warmupSteps);
        }
        double progress = (double) (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
        return switch (schedule) {
            case LINEAR -> peak * Math.max(0, 1 - progress);
            case COSINE -> peak * Math.max(0, 0.5 * (1 + StrictMath.cos(Math.PI * progress)));
            default -> peak;
        };
    }
}
