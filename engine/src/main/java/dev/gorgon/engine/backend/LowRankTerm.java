package dev.gorgon.engine.backend;

/**
 * A LoRA contribution to one linear operation: {@code y[rows] += B·(A·x[rows])} for each map that the adapter changes, the scale
 * already folded into B.
 *
 * @param change A and B
 * @param firstRow first row it applies to
 * @param endRow row after the last
 */
public record LowRankTerm(LowRankMatrix change, int firstRow, int endRow) {}
