package dev.gorgon.train.heads;

/** Hears what happens during training, on the thread that trains. */
public interface TrainingListener {

    /** Hidden states are computed: so many samples are done, with so many positions to train or evaluate on. */
    default void onStates(long samples, long positions) {}

    /** Training begins, or goes on. */
    default void onStart(TrainingPlan plan) {}

    /** An optimizer step is done. */
    default void onStep(StepMetrics metrics) {}

    /** Means since the last time, every {@code --logging_steps}. */
    default void onLog(StepMetrics metrics) {}

    default void onEvaluation(EvaluationMetrics metrics) {}

    /** Training has ended, and the folder is written. */
    default void onEnd(TrainingReport report) {}
}
