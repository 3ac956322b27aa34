package dev.gorgon.train.heads;

import dev.gorgon.kernels.FloatMatrix;
import dev.gorgon.kernels.TrainingKernels;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Gradient clipping and AdamW over all parameters, in pieces that do not depend on the number of threads. */
final class Optimizer {

    private static final int ROWS = 64;

    private final TrainingKernels kernels = TrainingKernels.best();
    private final TrainingSettings settings;
    private final Workers workers;
    private final List<Piece> pieces = new ArrayList<>();

    /** Some rows of a parameter with what belongs to them. */
    private record Piece(TrainingKernels.AdamState state, boolean isBias) {}

    Optimizer(TrainingSettings settings, Workers workers, TrainerState state, HeadParameters gradients) {
        this.settings = settings;
        this.workers = workers;
        List<HeadParameters.Named> parameters = state.parameters.all();
        for (int i = 0; i < parameters.size(); i++) {
            FloatMatrix gradient = gradients.all().get(i).values();
            FloatMatrix mean = state.mean.all().get(i).values();
            FloatMatrix variance = state.variance.all().get(i).values();
            FloatMatrix parameter = parameters.get(i).values();
            for (int from = 0; from < parameter.rows(); from += ROWS) {
                int to = Math.min(parameter.rows(), from + ROWS);
                pieces.add(new Piece(
                        new TrainingKernels.AdamState(
                                parameter.rows(from, to),
                                gradient.rows(from, to),
                                mean.rows(from, to),
                                variance.rows(from, to)),
                        parameters.get(i).isBias()));
            }
        }
    }

    /**
     * One step.
     *
     * @param number of the step, from 1 on
     * @return global norm of the gradient before clipping
     * @throws TrainingException if it is not a finite number; nothing is changed then
     */
    double step(double learningRate, long number) {
        double norm = norm();
        if (!Double.isFinite(norm)) {
            throw new TrainingException("the gradient of step " + number + " has the norm " + norm
                    + ": the heads have diverged; begin again with a smaller --learning_rate or more warm-up");
        }
        double scale = settings.maxGradNorm() == 0 ? 1 : Math.min(1, settings.maxGradNorm() / (norm + 1e-6));
        TrainingKernels.Adam adam = settings.adam();
        TrainingKernels.Adam plain = new TrainingKernels.Adam(adam.beta1(), adam.beta2(), adam.epsilon(), 0);
        TrainingKernels.AdamStep decaying = TrainingKernels.AdamStep.of(adam, learningRate, scale, number);
        TrainingKernels.AdamStep constant = TrainingKernels.AdamStep.of(plain, learningRate, scale, number);
        workers.run(pieces.size(), (task, worker) -> {
            Piece piece = pieces.get(task);
            kernels.adamW(piece.state, piece.isBias ? constant : decaying);
        });
        return norm;
    }

    private double norm() {
        double[] squares = new double[pieces.size()];
        workers.run(
                pieces.size(),
                (task, worker) -> squares[task] = squares(pieces.get(task).state.gradient()));
        double sum = 0;
        for (double square : squares) {
            sum += square;
        }
        return Math.sqrt(sum);
    }

    private static double squares(FloatMatrix values) {
        double sum = 0;
        long count = (long) values.rows() * values.columns();
        for (long i = 0; i < count; i++) {
            double value = values.segment().getAtIndex(ValueLayout.JAVA_FLOAT, i);
            sum += value * value;
        }
        return sum;
    }
}
