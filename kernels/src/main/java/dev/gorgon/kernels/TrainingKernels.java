package dev.gorgon.kernels;

/**
 * The arithmetic of training that decoding does not need, on float32, each call working on one task's slice. Implementations have
 * no state, start no threads and allocate no native memory.
 *
 * <p><b>Exactness.</b> Sums over rows are made in order of rows, one multiply-add after the other, starting from what is there: it
 * does not matter in how many calls the rows come. All implementations agree with the scalar twin to the last bit.
 */
public interface TrainingKernels {

    /** What runs here: the Vector API if the JVM was started with it, otherwise the scalar twin. */
    static TrainingKernels best() {
        return KernelProviders.vectorApiPresent() ? new VectorTraining() : new ScalarTraining();
    }

    /**
     * {@code sum[o][k] += Σ_row a[row][o]·x[row][k]} for outputs {@code firstOutput} to {@code endOutput} (exclusive): the gradient of
     * a weight matrix.
     *
     * @param a {@code rows × outputs}
     * @param x {@code rows × inputs}
     * @param sum {@code outputs × inputs}
     */
    void addOuterProducts(FloatMatrix a, FloatMatrix x, int firstOutput, int endOutput, FloatMatrix sum);

    /** {@code sum[0][o] += Σ_row a[row][o]}: the gradient of a bias. */
    void addRows(FloatMatrix a, FloatMatrix sum);

    /**
     * {@code gradient = upstream · σ(s)·(1 + s·(1 − σ(s)))} with {@code s = product + bias}: back through the activation of a residual
     * block (spec medusa.md §1.1).
     *
     * @param bias one row
     */
    void residualGradient(FloatMatrix upstream, FloatMatrix product, FloatMatrix bias, FloatMatrix gradient);

    /** {@code logits = exp(logits − max)·factor}, for one row, in place: a softmax whose sum is known. */
    void exponentials(FloatMatrix logits, float max, float factor);

    /** One step of AdamW on each row of a parameter. */
    void adamW(AdamState state, AdamStep step);

    /**
     * A parameter and what the optimizer knows of it, all of one shape.
     *
     * @param parameter updated in place
     * @param gradient of this step
     * @param mean running mean of gradients, updated in place
     * @param variance running mean of their squares, updated in place
     */
    record AdamState(FloatMatrix parameter, FloatMatrix gradient, FloatMatrix mean, FloatMatrix variance) {}

    /**
     * The factors of a step of AdamW, {@code p = decay·p − rate · m / (sqrt(v)·correction + epsilon)}.
     *
     * @param gradientScale what the gradient is multiplied by first: gradient clipping
     * @param decay factor of the parameter: 1 − learning rate · weight decay
     * @param meanWeight of the new gradient in the running mean: 1 − β1
     * @param varianceDecay β2
     * @param rate learning rate / (1 − β1^t)
     * @param correction 1 / sqrt(1 − β2^t)
     * @param epsilon keeps the quotient finite
     */
    record AdamStep(
            float gradientScale,
            float decay,
            float meanWeight,
            float varianceDecay,
            float rate,
            float correction,
            float epsilon) {

        /** The step of number {@code t}, from 1 on, with the given settings (Loshchilov and Hutter, arXiv 1711.05101). */
        public static AdamStep of(Adam adam, double learningRate, double gradientScale, long t) {
            return new AdamStep(
                    (float) gradientScale,
                    (float) (1 - learningRate * adam.weightDecay),
                    (float) (1 - adam.beta1),
                    (float) adam.beta2,
                    (float) (learningRate / (1 - StrictMath.pow(adam.beta1, t))),
                    (float) (1 / Math.sqrt(1 - StrictMath.pow(adam.beta2, t))),
                    (float) adam.epsilon);
        }
    }

    /** Settings of AdamW. */
    record Adam(double beta1, double beta2, double epsilon, double weightDecay) {

        public Adam {
            if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && epsilon > 0 && weightDecay >= 0)) {
                throw new IllegalArgumentException(
                        "AdamW needs 0 <= beta < 1, epsilon > 0 and weight decay >= 0, got beta1 " + beta1 + ", beta2 "
                                + beta2 + ", epsilon " + epsilon + ", weight decay " + weightDecay);
            }
        }
    }
}
