package dev.gorgon.train.heads;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** All that a training has to remember: what a checkpoint holds. Memory belongs to the arena. */
final class TrainerState {

    final HeadParameters parameters;
    final HeadParameters mean;
    final HeadParameters variance;
    /** The parameters that were evaluated best, when training may stop early. */
    final Optional<HeadParameters> best;

    long step;
    double bestLoss = Double.MAX_VALUE;
    int evaluationsWithoutGain;
    boolean stopped;
    /** Since the last line of the log. */
    final HeadScores pending;

    final List<StepMetrics> log = new ArrayList<>();
    final List<EvaluationMetrics> evaluations = new ArrayList<>();

    TrainerState(Arena arena, HeadShape shape, boolean keepsBest) {
        parameters = HeadParameters.allocate(arena, shape);
        mean = HeadParameters.allocate(arena, shape);
        variance = HeadParameters.allocate(arena, shape);
        best = keepsBest ? Optional.of(HeadParameters.allocate(arena, shape)) : Optional.empty();
        pending = new HeadScores(shape.heads(), 1);
    }

    /** The parameters that training is for: the best ones if they are kept, else the last ones. */
    HeadParameters result() {
        return best.filter(kept -> bestLoss < Double.MAX_VALUE).orElse(parameters);
    }

    List<HeadParameters> all() {
        List<HeadParameters> all = new ArrayList<>(List.of(parameters, mean, variance));
        best.ifPresent(all::add);
        return all;
    }
}
