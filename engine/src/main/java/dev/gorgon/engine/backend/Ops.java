package dev.gorgon.engine.backend;

import java.util.List;

/**
 * The operations a model is made of. A program calls them in order; every worker of a backend runs the same program, each call
 * does this worker's share and returns when all workers have done theirs. Programs must therefore be free of side effects other
 * than these calls.
 *
 * <p>Results obey the rules of exactness: what is computed for a row depends on the row and its context only, never on how many
 * rows, sequences or workers there are.
 */
public interface Ops {

    /** {@code out[r] = table[tokens[r]]} for {@code out.rows()} rows. */
    void embed(EmbeddingTable table, int[] tokens, Activations out);

    /**
     * {@code x[r] += B·A[tokens[r]]} for the rows of each term.
     *
     * @param terms LoRA contributions, none of whose rows overlap
     */
    void addToEmbeddings(List<EmbeddingTerm> terms, int[] tokens, Activations x);

    /** {@code to[i] = from[rows[i]]} for {@code to.rows()} rows. */
    void gather(Activations from, int[] rows, Activations to);

    /** {@code to = from}, row by row. */
    void copy(Activations from, Activations to);

    /** Root-mean-square norm of each row, times the norm's weight. */
    void norm(Activations x, Norm norm, Activations y);

    /**
     * {@code y = W·norm(x)}, then the low-rank terms on the normed rows: what {@link #norm} and {@link #linear} compute one after
     * the other.
     *
     * @param normed room for the normed rows; whether it is used is up to the backend
     */
    void normLinear(
            Activations x, Norm norm, Activations normed, Matrix weights, Activations y, List<LowRankTerm> terms);

    /**
     * {@code y = silu(G·norm(x)) · (U·norm(x))} with G and U below each other in one matrix: what {@link #normLinear} and
     * {@link #gatedActivation} compute one after the other.
     *
     * @param normed room for the normed rows
     * @param gateUp room for both products
     */
    void normGatedLinear(
            Activations x,
            Norm norm,
            Activations normed,
            Matrix weights,
            Activations gateUp,
            Activations y,
            List<LowRankTerm> terms);

    /**
     * {@code y = W·x} (or {@code y += W·x}) for each row, then the low-rank terms are added in the given order.
     *
     * @param accumulate whether to add to {@code y}
     * @param terms LoRA contributions; may be empty
     */
    void linear(Matrix weights, Activations x, Activations y, boolean accumulate, List<LowRankTerm> terms);

    /** Adds one row of biases to every row. */
    void bias(Activations y, Activations bias);

    /**
     * Rotates queries and keys to their positions, stores keys and values in their slots, and computes the attention of every row
     * over its context.
     *
     * @param qkv queries, keys and values side by side; queries and keys are rotated in place
     */
    void attention(AttentionLayer layer, Activations qkv, List<SequenceRows> sequences, Activations out);

    /** {@code y = silu(gate) · up}; gate and up lie side by side. */
    void gatedActivation(Activations gateUp, Activations y);

    /** Computes residual blocks that do not depend on each other. */
    void residualBlocks(List<ResidualBlock> blocks);

    /** Arg-max and log-sum-exp of each row of logits. */
    void reduceLogits(Activations logits, LogitStats stats);
}
