package dev.gorgon.engine.speculate;

/**
 * What a drafted row costs on this machine, learnt while running: the time of decoding steps is fitted as a constant plus a share
 * per row, recent steps counting more. On a model that streams from memory rows are nearly free; on one that fits in the caches,
 * or in a large batch, arithmetic shows. Affects speed only.
 */
public final class StepCosts {

    /** What is assumed before anything was measured. */
    private static final double ROW_PRIOR = 0.1;

    private static final double HEAD_PRIOR = 0.05;
    /** Steps further back than some hundreds hardly count. */
    private static final double DECAY = 0.995;
    /** Steps that must have been seen, with different numbers of rows, before the fit is believed. */
    private static final double ENOUGH = 20;

    private static final double LEAST_VARIANCE = 0.05;
    /** A step that took that many times as long as expected was interrupted by something else. */
    private static final double OUTLIER = 4;

    private double weight;
    private double rows;
    private double squares;
    private double nanos;
    private double products;
    private double headNanos = -1;

    /** Learns from a step that decoded or verified {@code count} rows. */
    public void observeStep(int count, long elapsed) {
        if (weight > ENOUGH && elapsed > OUTLIER * nanos / weight) {
            return;
        }
        weight = DECAY * weight + 1;
        rows = DECAY * rows + count;
        squares = DECAY * squares + (double) count * count;
        nanos = DECAY * nanos + elapsed;
        products = DECAY * products + (double) count * elapsed;
    }

    /** Learns from drafting {@code guesses} tokens. */
    public void observeDraft(int guesses, long elapsed) {
        double each = (double) elapsed / guesses;
        headNanos = headNanos < 0 ? each : headNanos + 0.02 * (Math.min(each, OUTLIER * headNanos) - headNanos);
    }

    private boolean isKnown() {
        return weight > ENOUGH && squares / weight - rows / weight * (rows / weight) > LEAST_VARIANCE;
    }

    private double perRow() {
        double meanRows = rows / weight;
        double variance = squares / weight - meanRows * meanRows;
        return Math.max(0, (products / weight - meanRows * nanos / weight) / variance);
    }

    /** Time of a step that decodes one row of each of some sequences. */
    private double plainStep(int sequences) {
        double perRow = perRow();
        return Math.max(nanos / weight + perRow * (sequences - rows / weight), 0.1 * nanos / weight);
    }

    /**
     * The chance of being accepted that makes a row worth verifying.
     *
     * @param sequences number of sequences that share the step
     */
    public double row(int sequences) {
        double cost = isKnown() ? perRow() * sequences / plainStep(sequences) : ROW_PRIOR;
        return Math.clamp(cost, 0.02, 0.9);
    }

    /** The chance of being accepted that makes a guess worth being made. */
    public double head(int sequences) {
        double cost = isKnown() && headNanos > 0 ? headNanos * sequences / plainStep(sequences) : HEAD_PRIOR;
        return Math.clamp(cost, 0.01, 0.9);
    }
}
