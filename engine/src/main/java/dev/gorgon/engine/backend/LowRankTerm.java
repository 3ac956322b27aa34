package dev.gorgon.engine.backend;

/**
 * A LoRA contribution to one linear operation: {@code y[rows, columns] += B·(A·x[rows])}, the scale already folded into B.
 *
 * @param down A, {@code [rank][inFeatures]}
 * @param up B, {@code [outFeatures][rank]}
 * @param firstRow first row it applies to
 * @param endRow row after the last
 * @param firstColumn column of {@code y} of B's first output
 */
public record LowRankTerm(Matrix down, Matrix up, int firstRow, int endRow, int firstColumn) {}
