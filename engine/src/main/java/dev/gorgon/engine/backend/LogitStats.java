package dev.gorgon.engine.backend;

/**
 * Statistics of rows of logits, filled by {@link Ops#reduceLogits}; valid until the next call.
 */
public interface LogitStats {

    /** Id of the largest logit of a row, the lowest id among equals; -1 when a logit is NaN. */
    int argMax(int row);

    /** Natural log of the sum of exponentials of a row; NaN when a logit is NaN or infinite. */
    double logSumExp(int row);
}
