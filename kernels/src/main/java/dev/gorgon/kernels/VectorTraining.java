package dev.gorgon.kernels;

import static dev.gorgon.kernels.VectorMath.FLOATS;
import static dev.gorgon.kernels.VectorMath.LANES;
import static dev.gorgon.kernels.VectorMath.VECTOR_BYTES;
import static dev.gorgon.kernels.VectorMath.broadcast;
import static dev.gorgon.kernels.VectorMath.load;
import static dev.gorgon.kernels.VectorMath.store;

import jdk.incubator.vector.FloatVector;

/** {@link TrainingKernels} with the Vector API, in the order of operations of {@link ScalarTraining}. */
final class VectorTraining implements TrainingKernels {

    /** Rows whose strips of both factors stay in the first-level cache while a tile passes over them. */
    private static final int STRIP_ROWS = 192;
    /** Outputs of a tile; with two vectors of inputs, eight sums hide the latency of a multiply-add. */
    private static final int TILE_OUTPUTS = 4;

    private static final int TILE_INPUTS = 2 * LANES;

    @Override
    public void addOuterProducts(FloatMatrix a, FloatMatrix x, int firstOutput, int endOutput, FloatMatrix sum) {
        for (int row = 0; row < a.rows(); row += STRIP_ROWS) {
            int end = Math.min(a.rows(), row + STRIP_ROWS);
            addStrip(a.rows(row, end), x.rows(row, end), firstOutput, endOutput, sum);
        }
    }

    private static void addStrip(FloatMatrix a, FloatMatrix x, int firstOutput, int endOutput, FloatMatrix sum) {
        int whole = x.columns() / TILE_INPUTS * TILE_INPUTS;
        int tiles = firstOutput + (endOutput - firstOutput) / TILE_OUTPUTS * TILE_OUTPUTS;
        for (int input = 0; input < whole; input += TILE_INPUTS) {
            for (int output = firstOutput; output < tiles; output += TILE_OUTPUTS) {
                addTile(a, x, output, input, sum);
            }
            for (int output = tiles; output < endOutput; output++) {
                addLine(a, x, output, input, sum);
            }
        }
        for (int input = whole; input < x.columns(); input++) {
            for (int output = firstOutput; output < endOutput; output++) {
                ScalarTraining.addProducts(a, x, output, input, sum);
            }
        }
    }

    /** Four outputs, two vectors of inputs. */
    private static void addTile(FloatMatrix a, FloatMatrix x, int output, int input, FloatMatrix sum) {
        long first = sum.address(output) + 4L * input;
        long step = 4L * sum.stride();
        FloatVector s00 = load(first);
        FloatVector s01 = load(first + VECTOR_BYTES);
        FloatVector s10 = load(first + step);
        FloatVector s11 = load(first + step + VECTOR_BYTES);
        FloatVector s20 = load(first + 2 * step);
        FloatVector s21 = load(first + 2 * step + VECTOR_BYTES);
        FloatVector s30 = load(first + 3 * step);
        FloatVector s31 = load(first + 3 * step + VECTOR_BYTES);
        long left = a.address(0) + 4L * output;
        long right = x.address(0) + 4L * input;
        for (int row = 0; row < a.rows(); row++) {
            FloatVector x0 = load(right);
            FloatVector x1 = load(right + VECTOR_BYTES);
            FloatVector a0 = broadcast(left);
            s00 = a0.fma(x0, s00);
            s01 = a0.fma(x1, s01);
            FloatVector a1 = broadcast(left + 4);
            s10 = a1.fma(x0, s10);
            s11 = a1.fma(x1, s11);
            FloatVector a2 = broadcast(left + 8);
            s20 = a2.fma(x0, s20);
            s21 = a2.fma(x1, s21);
            FloatVector a3 = broadcast(left + 12);
            s30 = a3.fma(x0, s30);
            s31 = a3.fma(x1, s31);
            left += 4L * a.stride();
            right += 4L * x.stride();
        }
        store(s00, first);
        store(s01, first + VECTOR_BYTES);
        store(s10, first + step);
        store(s11, first + step + VECTOR_BYTES);
        store(s20, first + 2 * step);
        store(s21, first + 2 * step + VECTOR_BYTES);
        store(s30, first + 3 * step);
        store(s31, first + 3 * step + VECTOR_BYTES);
    }

    /** One output, two vectors of inputs. */
    private static void addLine(FloatMatrix a, FloatMatrix x, int output, int input, FloatMatrix sum) {
        long first = sum.address(output) + 4L * input;
        FloatVector s0 = load(first);
        FloatVector s1 = load(first + VECTOR_BYTES);
        for (int row = 0; row < a.rows(); row++) {
            FloatVector factor = broadcast(a.address(row) + 4L * output);
            s0 = factor.fma(load(x.address(row) + 4L * input), s0);
            s1 = factor.fma(load(x.address(row) + 4L * input + VECTOR_BYTES), s1);
        }
        store(s0, first);
        store(s1, first + VECTOR_BYTES);
    }

    @Override
    public void addRows(FloatMatrix a, FloatMatrix sum) {
        int whole = a.columns() / LANES * LANES;
        for (int row = 0; row < a.rows(); row++) {
            long to = sum.address(0);
            long from = a.address(row);
            for (int i = 0; i < whole; i += LANES) {
                store(load(to + 4L * i).add(load(from + 4L * i)), to + 4L * i);
            }
            for (int i = whole; i < a.columns(); i++) {
                sum.set(0, i, sum.get(0, i) + a.get(row, i));
            }
        }
    }

    @Override
    public void residualGradient(FloatMatrix upstream, FloatMatrix product, FloatMatrix bias, FloatMatrix gradient) {
        int whole = gradient.columns() / LANES * LANES;
        for (int row = 0; row < gradient.rows(); row++) {
            for (int i = 0; i < whole; i += LANES) {
                FloatVector a = load(product.address(row) + 4L * i).add(load(bias.address(0) + 4L * i));
                FloatVector one = FloatVector.broadcast(FLOATS, 1f);
                FloatVector sigmoid = one.div(VectorMath.exp(a.neg()).add(one));
                FloatVector slope = sigmoid.mul(a.fma(one.sub(sigmoid), one));
                store(load(upstream.address(row) + 4L * i).mul(slope), gradient.address(row) + 4L * i);
            }
            for (int i = whole; i < gradient.columns(); i++) {
                gradient.set(
                        row, i, upstream.get(row, i) * ScalarTraining.siluSlope(product.get(row, i) + bias.get(0, i)));
            }
        }
    }

    @Override
    public void exponentials(FloatMatrix logits, float max, float factor) {
        int whole = logits.columns() / LANES * LANES;
        long row = logits.address(0);
        for (int i = 0; i < whole; i += LANES) {
            store(VectorMath.exp(load(row + 4L * i).sub(max)).mul(factor), row + 4L * i);
        }
        for (int i = whole; i < logits.columns(); i++) {
            logits.set(0, i, ScalarMath.exp(logits.get(0, i) - max) * factor);
        }
    }

    @Override
    public void adamW(AdamState state, AdamStep step) {
        int whole = state.parameter().columns() / LANES * LANES;
        for (int row = 0; row < state.parameter().rows(); row++) {
            adamWRow(state, step, row, whole);
            for (int i = whole; i < state.parameter().columns(); i++) {
                ScalarTraining.adamW(state, step, row, i);
            }
        }
    }

    private static void adamWRow(AdamState state, AdamStep step, int row, int end) {
        long parameter = state.parameter().address(row);
        long gradients = state.gradient().address(row);
        long means = state.mean().address(row);
        long variances = state.variance().address(row);
        FloatVector meanWeight = FloatVector.broadcast(FLOATS, step.meanWeight());
        FloatVector varianceWeight = FloatVector.broadcast(FLOATS, 1f - step.varianceDecay());
        FloatVector correction = FloatVector.broadcast(FLOATS, step.correction());
        FloatVector epsilon = FloatVector.broadcast(FLOATS, step.epsilon());
        for (int i = 0; i < end; i += LANES) {
            long at = 4L * i;
            FloatVector gradient = load(gradients + at).mul(step.gradientScale());
            FloatVector mean = load(means + at);
            mean = meanWeight.fma(gradient.sub(mean), mean);
            FloatVector variance = varianceWeight.fma(
                    gradient.mul(gradient), load(variances + at).mul(step.varianceDecay()));
            FloatVector divisor = variance.sqrt().fma(correction, epsilon);
            store(mean, means + at);
            store(variance, variances + at);
            store(load(parameter + at).mul(step.decay()).sub(mean.div(divisor).mul(step.rate())), parameter + at);
        }
    }
}
