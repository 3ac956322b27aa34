package dev.gorgon.train.heads;

import dev.gorgon.kernels.TrainingKernels.Adam;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How heads are trained.
 *
 * @param length how long
 * @param batch what an optimizer step covers
 * @param rate the learning rate
 * @param adam settings of AdamW; biases do not decay
 * @param maxGradNorm gradients of a larger global norm are scaled down to it; 0 for never
 * @param lossDecay head i has weight {@code lossDecay^i} in the loss
 * @param seed of the order of the data
 * @param logging when means since the last time are reported
 * @param evaluation when the held-out conversations are evaluated; always at the end
 * @param saving when a checkpoint is written; at least once a minute, too
 * @param patience evaluations without improvement after which training stops and the best parameters are kept; 0 for never
 */
public record TrainingSettings(
        Length length,
        BatchSize batch,
        Rate rate,
        Adam adam,
        double maxGradNorm,
        double lossDecay,
        long seed,
        Interval logging,
        Interval evaluation,
        Interval saving,
        int patience) {

    public TrainingSettings {
        if (!(maxGradNorm >= 0) || !(lossDecay > 0) || lossDecay > 1 || patience < 0) {
            throw new TrainingException(
                    "--max_grad_norm and --early_stop must not be negative and --head_loss_decay must be"
                            + " above 0 and at most 1, got " + maxGradNorm + ", " + patience + " and " + lossDecay);
        }
    }

    /**
     * How long training takes.
     *
     * @param epochs passes over the data
     * @param maxSteps optimizer steps, whatever the epochs; 0 for as many as the epochs take
     */
    public record Length(double epochs, long maxSteps) {

        public Length {
            if (!(epochs > 0) || epochs > 1e6 || maxSteps < 0) {
                throw new TrainingException("--num_train_epochs must be above 0 and --max_steps not negative, got "
                        + epochs + " and " + maxSteps);
            }
        }

        long steps(long stepsPerEpoch) {
            return maxSteps > 0 ? maxSteps : Math.max(1, (long) Math.ceil(epochs * stepsPerEpoch));
        }
    }

    /**
     * The learning rate, whatever the number of steps.
     *
     * @param warmupRatio share of the steps over which it rises
     * @param warmupSteps the same in steps; 0 for what the ratio says
     */
    public record Rate(double peak, LearningRate.Schedule schedule, double warmupRatio, long warmupSteps) {

        public Rate {
            if (!(warmupRatio >= 0) || warmupRatio > 1) {
                throw new TrainingException("--warmup_ratio must be between 0 and 1, got " + warmupRatio);
            }
        }

        LearningRate over(long steps) {
            long warmup = warmupSteps > 0 ? warmupSteps : (long) Math.ceil(steps * warmupRatio);
            return new LearningRate(peak, schedule, warmup, steps);
        }
    }

    /** Weights of the heads in the loss. */
    double[] headWeights(int heads) {
        double[] weights = new double[heads];
        double weight = 1;
        for (int i = 0; i < heads; i++) {
            weights[i] = weight;
            weight *= lossDecay;
        }
        return weights;
    }

    /** All that decides about the result, by flag. */
    Map<String, String> fingerprint() {
        Map<String, String> map = new LinkedHashMap<>();
        map.put("num_train_epochs", String.valueOf(length.epochs));
        map.put("max_steps", String.valueOf(length.maxSteps));
        map.put("batch", batch.count() + " " + batch.unit());
        map.put("learning_rate", String.valueOf(rate.peak));
        map.put("lr_scheduler_type", rate.schedule.name());
        map.put("warmup_ratio", String.valueOf(rate.warmupRatio));
        map.put("warmup_steps", String.valueOf(rate.warmupSteps));
        map.put("adam", adam.toString());
        map.put("max_grad_norm", String.valueOf(maxGradNorm));
        map.put("head_loss_decay", String.valueOf(lossDecay));
        map.put("seed", String.valueOf(seed));
        map.put("logging_steps", logging.toString());
        map.put("evaluation_strategy", evaluation.toString());
        map.put("early_stop", String.valueOf(patience));
        return map;
    }
}
