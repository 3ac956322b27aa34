package dev.gorgon.engine.backend;

/**
 * The residual block of a Medusa head on some rows: {@code y = x + silu(W·x + bias)} (spec medusa.md §1.1).
 *
 * @param weight {@code [hidden][hidden]}
 * @param bias one row
 * @param x inputs
 * @param product room for {@code W·x}
 * @param y outputs; not the inputs of a block of the same call
 */
public record ResidualBlock(Matrix weight, Activations bias, Activations x, Activations product, Activations y) {}
