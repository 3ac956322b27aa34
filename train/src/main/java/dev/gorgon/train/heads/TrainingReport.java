package dev.gorgon.train.heads;

import java.util.List;

/**
 * What a training did.
 *
 * @param plan what was to be done
 * @param steps optimizer steps done; fewer than planned if it stopped early
 * @param stoppedEarly whether evaluations did not improve any more
 * @param log means over the logging intervals
 * @param evaluations in order
 */
public record TrainingReport(
        TrainingPlan plan,
        long steps,
        boolean stoppedEarly,
        List<StepMetrics> log,
        List<EvaluationMetrics> evaluations) {}
