package dev.gorgon.kernels;

/** The specification of {@link TrainingKernels}: one element after the other. */
final class ScalarTraining implements TrainingKernels {

    @Override
    public void addOuterProducts(FloatMatrix a, FloatMatrix x, int firstOutput, int endOutput, FloatMatrix sum) {
        for (int output = firstOutput; output < endOutput; output++) {
            for (int input = 0; input < x.columns(); input++) {
                addProducts(a, x, output, input, sum);
            }
        }
    }

    /** One element of {@link #addOuterProducts}. */
    static void addProducts(FloatMatrix a, FloatMatrix x, int output, int input, FloatMatrix sum) {
        float value = sum.get(output, input);
        for (int row = 0; row < a.rows(); row++) {
            value = Math.fma(a.get(row, output), x.get(row, input), value);
        }
        sum.set(output, input, value);
    }

    @Override
    public void addRows(FloatMatrix a, FloatMatrix sum) {
        for (int row = 0; row < a.rows(); row++) {
            for (int output = 0; output < a.columns(); output++) {
                sum.set(0, output, sum.get(0, output) + a.get(row, output));
            }
        }
    }

    @Override
    public void residualGradient(FloatMatrix upstream, FloatMatrix product, FloatMatrix bias, FloatMatrix gradient) {
        for (int row = 0; row < gradient.rows(); row++) {
            for (int i = 0; i < gradient.columns(); i++) {
                gradient.set(row, i, upstream.get(row, i) * siluSlope(product.get(row, i) + bias.get(0, i)));
            }
        }
    }

    /** The derivative of a·σ(a). */
    static float siluSlope(float a) {
        float sigmoid = 1f / (1f + ScalarMath.exp(-a));
        return sigmoid * Math.fma(a, 1f - sigmoid, 1f);
    }

    @Override
    public void exponentials(FloatMatrix logits, float max, float factor) {
        for (int i = 0; i < logits.columns(); i++) {
            logits.set(0, i, ScalarMath.exp(logits.get(0, i) - max) * factor);
        }
    }

    @Override
    public void adamW(AdamState state, AdamStep step) {
        for (int row = 0; row < state.parameter().rows(); row++) {
            for (int i = 0; i < state.parameter().columns(); i++) {
                adamW(state, step, row, i);
            }
        }
    }

    /** One element of {@link #adamW(AdamState, AdamStep)}. */
    static void adamW(AdamState state, AdamStep step, int row, int i) {
        float gradient = state.gradient().get(row, i) * step.gradientScale();
        float mean = state.mean().get(row, i);
        mean = Math.fma(step.meanWeight(), gradient - mean, mean);
        float variance = Math.fma(
                1f - step.varianceDecay(),
                gradient * gradient,
                step.varianceDecay() * state.variance().get(row, i));
        float divisor = Math.fma((float) Math.sqrt(variance), step.correction(), step.epsilon());
        state.mean().set(row, i, mean);
        state.variance().set(row, i, variance);
        state.parameter().set(row, i, step.decay() * state.parameter().get(row, i) - step.rate() * (mean / divisor));
    }
}
