package dev.gorgon.engine.backend;

/**
 * A LoRA contribution to the embeddings of some rows: {@code x[row] += B·A[token of row]}, the scale already folded into B.
 *
 * @param down A transposed, {@code [vocabulary][rank]}
 * @param up B, {@code [hidden][rank]}
 * @param firstRow first row it applies to
 * @param endRow row after the last
 */
public record EmbeddingTerm(EmbeddingTable down, Matrix up, int firstRow, int endRow) {}
