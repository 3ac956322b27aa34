package dev.gorgon.train.heads;

import java.util.Optional;

/** The training loop: batch, gradients, optimizer; evaluations and checkpoints between steps. */
final class Trainer {

    /** A kill loses at most this much work, whatever the strategy of saving. */
    private static final long SAVE_NANOS = 60_000_000_000L;

    private final TrainingSettings settings;
    private final TrainingRows rows;
    private final Optional<TrainingRows> heldOut;
    private final HeadMath math;
    private final TrainerState state;
    private final Hooks hooks;
    private final Batches batches;
    private final LearningRate rate;
    private final TrainingPlan plan;
    private final double[] weights;

    /** What the loop tells others. */
    record Hooks(TrainingListener listener, Runnable save) {}

    /**
     * @param heldOut what is evaluated; empty for nothing
     * @param state where training goes on from
     * @throws TrainingException if there is nothing to train on
     */
    Trainer(
            TrainingSettings settings,
            TrainingRows rows,
            Optional<TrainingRows> heldOut,
            HeadMath math,
            TrainerState state,
            Hooks hooks) {
        this.settings = settings;
        this.rows = rows;
        this.heldOut = heldOut;
        this.math = math;
        this.state = state;
        this.hooks = hooks;
        this.batches = new Batches(rows, settings.batch(), settings.seed());
        long steps = settings.length().steps(batches.stepsPerEpoch());
        this.rate = settings.rate().over(steps);
        HeadShape shape = state.parameters.shape();
        this.weights = settings.headWeights(shape.heads());
        this.plan = new TrainingPlan(
                shape,
                settings,
                rows.conversations(),
                rows.positions(),
                heldOut.map(TrainingRows::positions).orElse(0L),
                batches.stepsPerEpoch(),
                steps,
                state.step);
    }

    TrainingPlan plan() {
        return plan;
    }

    /**
     * Trains to the end.
     *
     * @param gradients room for them
     * @throws TrainingException if the loss is not a number any more; the last checkpoint is from before
     */
    TrainingReport run(HeadParameters gradients, Workers workers) {
        Optimizer optimizer = new Optimizer(settings, workers, state, gradients);
        hooks.listener.onStart(plan);
        long saved = System.nanoTime();
        while (state.step < plan.totalSteps() && !state.stopped) {
            step(optimizer, gradients);
            boolean last = state.step == plan.totalSteps();
            if (heldOut.isPresent() && (last || settings.evaluation().isDue(state.step, plan.stepsPerEpoch()))) {
                evaluate(heldOut.get());
            }
            if (last
                    || state.stopped
                    || settings.saving().isDue(state.step, plan.stepsPerEpoch())
                    || System.nanoTime() - saved > SAVE_NANOS) {
                hooks.save.run();
                saved = System.nanoTime();
            }
        }
        return new TrainingReport(plan, state.step, state.stopped, state.log, state.evaluations);
    }

    private double epoch() {
        return (double) state.step / plan.stepsPerEpoch();
    }

    private void step(Optimizer optimizer, HeadParameters gradients) {
        double learningRate = rate.at(state.step);
        HeadScores scores = math.gradients(rows, batches.positions(state.step), state.parameters, weights, gradients);
        double loss = scores.total(weights);
        if (!Double.isFinite(loss)) {
            throw new TrainingException("the loss of step " + (state.step + 1) + " is " + loss
                    + ": the heads have diverged; begin again with a smaller --learning_rate or more warm-up");
        }
        state.step++;
        double norm = optimizer.step(learningRate, state.step);
        hooks.listener.onStep(
                new StepMetrics(state.step, epoch(), learningRate, norm, loss, StepMetrics.heads(scores)));
        state.pending.addAll(scores.sums());
        if (settings.logging().isDue(state.step, plan.stepsPerEpoch()) || state.step == plan.totalSteps()) {
            StepMetrics mean = new StepMetrics(
                    state.step,
                    epoch(),
                    learningRate,
                    norm,
                    state.pending.total(weights),
                    StepMetrics.heads(state.pending));
            state.log.add(mean);
            state.pending.clear();
            hooks.listener.onLog(mean);
        }
    }

    private void evaluate(TrainingRows source) {
        EvaluationMetrics metrics =
                EvaluationMetrics.of(math.evaluate(source, state.parameters), state.step, epoch(), weights);
        state.evaluations.add(metrics);
        hooks.listener.onEvaluation(metrics);
        if (settings.patience() == 0) {
            return;
        }
        if (metrics.loss() < state.bestLoss) {
            state.bestLoss = metrics.loss();
            state.evaluationsWithoutGain = 0;
            state.best.orElseThrow().copyFrom(state.parameters);
        } else if (++state.evaluationsWithoutGain >= settings.patience()) {
            state.stopped = true;
        }
    }
}
