package dev.gorgon.train.heads;

import dev.gorgon.kernels.FloatMatrix;
import java.util.ArrayList;
import java.util.List;

/** Heads in plain double arithmetic: an independent calculation of the loss (spec medusa.md §1.1). */
final class DoubleHeads {

    private final HeadShape shape;
    private final double[][] lmHead;
    /** In the order of {@link HeadParameters#all}. */
    final List<double[][]> parameters = new ArrayList<>();

    DoubleHeads(HeadParameters parameters, double[][] lmHead) {
        this.shape = parameters.shape();
        this.lmHead = lmHead;
        parameters.all().forEach(named -> this.parameters.add(copy(named.values())));
    }

    static double[][] copy(FloatMatrix matrix) {
        double[][] copy = new double[matrix.rows()][matrix.columns()];
        for (int r = 0; r < matrix.rows(); r++) {
            for (int c = 0; c < matrix.columns(); c++) {
                copy[r][c] = matrix.get(r, c);
            }
        }
        return copy;
    }

    private static double[] product(double[][] w, double[] x) {
        double[] y = new double[w.length];
        for (int o = 0; o < w.length; o++) {
            for (int k = 0; k < x.length; k++) {
                y[o] += w[o][k] * x[k];
            }
        }
        return y;
    }

    private double loss(int head, float[] state, int label) {
        int first = head * (2 * shape.layers() + (shape.ownLmHeads() ? 1 : 0));
        double[] x = new double[state.length];
        for (int i = 0; i < x.length; i++) {
            x[i] = state[i];
        }
        for (int j = 0; j < shape.layers(); j++) {
            double[] a = product(parameters.get(first + 2 * j), x);
            for (int i = 0; i < x.length; i++) {
                double s = a[i] + parameters.get(first + 2 * j + 1)[0][i];
                x[i] += s / (1 + Math.exp(-s));
            }
        }
        double[] z = product(shape.ownLmHeads() ? parameters.get(first + 2 * shape.layers()) : lmHead, x);
        double max = Double.NEGATIVE_INFINITY;
        for (double logit : z) {
            max = Math.max(max, logit);
        }
        double sum = 0;
        for (double logit : z) {
            sum += Math.exp(logit - max);
        }
        return Math.log(sum) + max - z[label];
    }

    /** Mean loss of a head over some positions. */
    double loss(int head, TestRows rows, long[] positions) {
        double sum = 0;
        int count = 0;
        for (long position : positions) {
            int label = rows.label(position, head);
            if (label != TrainingRows.NO_LABEL) {
                sum += loss(head, rows.states()[(int) position], label);
                count++;
            }
        }
        return sum / count;
    }

    double loss(TestRows rows, long[] positions, double[] weights) {
        double sum = 0;
        for (int head = 0; head < shape.heads(); head++) {
            sum += weights[head] * loss(head, rows, positions);
        }
        return sum;
    }
}
