package dev.gorgon.train.heads;

/**
 * What a training is about to do.
 *
 * @param shape of the heads
 * @param settings of the training
 * @param conversations with at least one label
 * @param positions with at least one label
 * @param heldOutPositions the same of the conversations that are evaluated
 * @param stepsPerEpoch optimizer steps per pass over the data
 * @param totalSteps optimizer steps
 * @param firstStep steps that were done before this run
 */
public record TrainingPlan(
        HeadShape shape,
        TrainingSettings settings,
        long conversations,
        long positions,
        long heldOutPositions,
        long stepsPerEpoch,
        long totalSteps,
        long firstStep) {}
