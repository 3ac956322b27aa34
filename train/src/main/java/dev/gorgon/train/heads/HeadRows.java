package dev.gorgon.train.heads;

import dev.gorgon.kernels.FloatMatrix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What is known of some rows of one head between forward, backward and the sums over rows. */
final class HeadRows {

    private final List<FloatMatrix> x = new ArrayList<>();
    private final List<FloatMatrix> products = new ArrayList<>();
    private final List<FloatMatrix> gradients = new ArrayList<>();
    private final Optional<FloatMatrix> logits;
    private final long[] positions;
    private final int[] labels;
    private final double[] losses;
    private final int[] ranks;
    private int count;

    HeadRows(Arena arena, HeadShape shape, int capacity) {
        for (int j = 0; j <= shape.layers(); j++) {
            x.add(FloatMatrix.allocate(arena, capacity, shape.hidden()));
        }
        for (int j = 0; j < shape.layers(); j++) {
            products.add(FloatMatrix.allocate(arena, capacity, shape.hidden()));
            gradients.add(FloatMatrix.allocate(arena, capacity, shape.hidden()));
        }
        logits = shape.ownLmHeads()
                ? Optional.of(FloatMatrix.allocate(arena, capacity, shape.vocabulary()))
                : Optional.empty();
        positions = new long[capacity];
        labels = new int[capacity];
        losses = new double[capacity];
        ranks = new int[capacity];
    }

    /** Bytes that a row takes. */
    static long rowBytes(HeadShape shape) {
        return 4L * shape.hidden() * (3 * shape.layers() + 1) + (shape.ownLmHeads() ? 4L * shape.vocabulary() : 0);
    }

    void clear() {
        count = 0;
    }

    void add(long position, int label) {
        positions[count] = position;
        labels[count] = label;
        count++;
    }

    int count() {
        return count;
    }

    long position(int row) {
        return positions[row];
    }

    int label(int row) {
        return labels[row];
    }

    void setResult(int row, double loss, int rank) {
        losses[row] = loss;
        ranks[row] = rank;
    }

    double loss(int row) {
        return losses[row];
    }

    /** How many tokens the head thought likelier than the label. */
    int rank(int row) {
        return ranks[row];
    }

    /** Inputs of block j; of the number of blocks, what goes into the LM head. */
    FloatMatrix x(int j) {
        return x.get(j);
    }

    /** W_j times inputs. */
    FloatMatrix product(int j) {
        return products.get(j);
    }

    /** Gradient of block j's product. */
    FloatMatrix gradient(int j) {
        return gradients.get(j);
    }

    /** Whether logits, and then their gradients, are kept: for the gradient of an own LM head. */
    boolean keepsLogits() {
        return logits.isPresent();
    }

    FloatMatrix logits() {
        return logits.orElseThrow();
    }
}
