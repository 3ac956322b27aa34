package dev.gorgon.kernels;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The arithmetic of one decoder step on float32 activations, each call working on one worker's slice. Implementations have no
 * state, start no threads and allocate no native memory.
 *
 * <p><b>Exactness.</b> For one provider, every output element has an order of operations that depends on logical coordinates only:
 * not on how many rows are passed, on how outputs are split between calls, or on where keys and values lie. All providers agree
 * with the scalar twin to the last bit, but for one operation: with bfloat16 weights, processors that multiply bfloat16 natively
 * also round the inputs to it.
 */
public interface Kernels {

    /** Name for logs and {@code /info}. */
    String name();

    /**
     * Packs rows of a row-major matrix as outputs {@code firstOutput + row}; see {@link PackedMatrix#pack}, with which all
     * implementations agree to the last bit.
     *
     * @return whether all elements were finite and, if quantized, within the range of the scales
     */
    default boolean pack(
            PackedMatrix weights, PackedMatrix.Source source, int fromRow, int toRow, int firstOutput, float scale) {
        return weights.pack(source, fromRow, toRow, firstOutput, scale);
    }

    /** Bytes that rows take once packed by {@link #packInputs}; 0 when {@link #linear} takes them as they are. */
    long packedInputBytes(WeightFormat format, int inFeatures, int rows);

    /**
     * Brings rows of activations into the order in which {@link #linear} reads them: rounded to bfloat16 or quantized where the
     * provider multiplies so, and interleaved. Different groups may be packed by different workers at once.
     *
     * @param x {@code rows × inFeatures}
     * @param firstGroup first group of {@link PackedMatrix#GROUP} inputs, of all rows
     * @param endGroup one after the last
     * @param packed room for {@link #packedInputBytes}
     */
    void packInputs(WeightFormat format, FloatMatrix x, int firstGroup, int endGroup, MemorySegment packed);

    /** Groups of inputs that {@link #packInputs} packs. */
    static int inputGroups(int inFeatures) {
        return (inFeatures + PackedMatrix.GROUP - 1) / PackedMatrix.GROUP;
    }

    /**
     * {@code y[r][o] (+)= Σ_k W[o][k]·x[r][k]} for the outputs of blocks {@code firstBlock} to {@code endBlock} (exclusive).
     *
     * @param x {@code rows × inFeatures}; with an odd number of inputs the float after each row must be readable
     * @param packed the same rows packed for the weights' format
     * @param y {@code rows × outFeatures}; when it is wide enough for whole blocks, the outputs that pad the last block may be
     *     written too, as zeros (or nothing added)
     * @param accumulate whether to add to {@code y} instead of overwriting it
     */
    void linear(
            PackedMatrix weights,
            int firstBlock,
            int endBlock,
            FloatMatrix x,
            MemorySegment packed,
            FloatMatrix y,
            boolean accumulate);

    /**
     * Packs A of one part of a low-rank change; see {@link LowRank#packDown}, with which all implementations agree to the last bit.
     *
     * @return whether all elements were finite
     */
    default boolean packDown(LowRank change, PackedMatrix.Source source, int firstRank) {
        return change.packDown(source, firstRank);
    }

    /**
     * {@code shrunk[r][rank] = Σ_k A[rank][k]·x[r][k]} for some units of work of {@link LowRankRows#units}. Inputs are summed in 16
     * interleaved sums, each in order, which are added as a tree; no provider rounds them.
     *
     * @param changes with the same format and number of inputs
     * @param x the inputs, row by row
     * @param shrunk as many rows as {@code x}, and {@link LowRankRows#shrunkColumns}; ranks that pad a block are written too
     */
    void shrink(List<LowRankRows> changes, int firstUnit, int endUnit, FloatMatrix x, FloatMatrix shrunk);

    /**
     * {@code y[r][o] += Σ_i B[o][i]·shrunk[r][i]} for the outputs that lie in columns {@code firstColumn} to {@code endColumn}
     * (exclusive) of {@code y}. The list must not be modified between calls with the same one. Even ranks are summed in order, odd ones in order, and both sums are added, then added to y.
     */
    void expand(List<LowRankRows> changes, int firstColumn, int endColumn, FloatMatrix shrunk, FloatMatrix y);

    /** {@code y = x / sqrt(mean(x²) + epsilon) · weight} for each row; {@code weight} is one row. */
    void rmsNorm(FloatMatrix x, FloatMatrix weight, float epsilon, FloatMatrix y);

    /**
     * Rotates, in place, all heads of one row for a position: dimension i pairs with dimension {@code i + headDim/2}.
     *
     * @param heads address of the first of {@code count} heads of {@code 2 * table.pairs()} floats each
     */
    void rotate(long heads, int count, RopeTable table, int position);

    /** {@code y = silu(gate) · up}, element by element. */
    void gatedActivation(FloatMatrix gate, FloatMatrix up, FloatMatrix y);

    /** {@code y = x + silu(a + bias)} for each row, the residual block of a Medusa head; {@code bias} is one row. */
    void residualActivation(FloatMatrix x, FloatMatrix a, FloatMatrix bias, FloatMatrix y);

    /** {@code y += bias} for each row; {@code bias} is one row. */
    void addBias(FloatMatrix y, FloatMatrix bias);

    /**
     * Softmax attention over the keys and values of one key/value head. Scores are computed per position, exponentials are summed
     * in 16 interleaved sums by position, values are added in order of position.
     *
     * @param scratch room for {@link #attentionScratch} floats, private to the calling worker
     */
    void attend(Attention attention, FloatMatrix scratch);

    /** Floats of scratch that {@link #attend} needs when no slot is at or beyond {@code slots}. */
    static int attentionScratch(int slots) {
        return 9 * ((slots + 2 * KvLayout.BLOCK - 1) / KvLayout.BLOCK * KvLayout.BLOCK);
    }

    /** Rotates, in place, the queries and the key of some rows, and stores their keys and values. */
    default void rotateAndStore(NewRows task, RopeTable table) {
        KvLayout layout = task.pages().layout();
        for (int row = 0; row < task.rows().rows(); row++) {
            long address = task.rows().address(row);
            long key = address + 4L * task.keyColumn();
            rotate(address + 4L * task.queryColumn(), task.heads(), table, task.positions()[row]);
            rotate(key, 1, table, task.positions()[row]);
            int slot = task.firstSlot() + row;
            layout.store(task.pages().page(slot), slot % KvLayout.BLOCK, key, address + 4L * task.valueColumn());
        }
    }

    /** Statistics of logits {@code from} to {@code to} (exclusive) of the row at {@code row}. */
    LogitChunk reduceLogits(long row, int from, int to);

    /** Reads memory as fast as it goes, for measuring; the result only keeps the reads alive. */
    float read(MemorySegment memory);

    /**
     * Runs the multiply-add of a weight format on registers alone, for measuring.
     *
     * @return multiplications and additions that were done
     */
    long peak(WeightFormat format, long turns);
}
