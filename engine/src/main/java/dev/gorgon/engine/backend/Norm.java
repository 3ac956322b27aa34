package dev.gorgon.engine.backend;

/**
 * A root-mean-square norm.
 *
 * @param weight one row of factors
 * @param epsilon added to the mean square
 */
public record Norm(Activations weight, float epsilon) {}
