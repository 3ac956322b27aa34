package dev.gorgon.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A weight matrix {@code W[outFeatures][inFeatures]} in the interleaved order that all kernels read: blocks of 32 outputs, and in
 * a block, pair by pair of inputs, the 32 outputs' weights for both inputs.
 *
 * <pre>
 *  BF16  [block][k/2][output 0..31][k%2]   one 32-bit lane = one output's weights for inputs k and k+1
 *  F32   [block][k/2][k%2][output 0..31]
 * </pre>
 *
 * A vector lane belongs to one output, so a dot product is never split over lanes and its order of additions does not depend on
 * the vector width, the number of rows or the number of threads: the even inputs are summed in order, the odd inputs are summed
 * in order, and the two sums are added. Missing outputs of the last block and a missing odd input are zero.
 */
public final class PackedMatrix {

    /** Outputs per block. */
    public static final int BLOCK = 32;

    private final WeightFormat format;
    private final int outFeatures;
    private final int inFeatures;
    private final MemorySegment data;

    private PackedMatrix(WeightFormat format, int outFeatures, int inFeatures, MemorySegment data) {
        this.format = format;
        this.outFeatures = outFeatures;
        this.inFeatures = inFeatures;
        this.data = data;
    }

    /** Allocates a zeroed matrix. */
    public static PackedMatrix allocate(Arena arena, WeightFormat format, int outFeatures, int inFeatures) {
        if (outFeatures < 1 || inFeatures < 1) {
            throw new IllegalArgumentException("bad shape " + outFeatures + "x" + inFeatures);
        }
        return new PackedMatrix(
                format, outFeatures, inFeatures, arena.allocate(bytes(format, outFeatures, inFeatures), 64));
    }

    /** Bytes that a packed matrix of this shape occupies. */
    public static long bytes(WeightFormat format, int outFeatures, int inFeatures) {
        long blocks = (outFeatures + BLOCK - 1) / BLOCK;
        long pairs = (inFeatures + 1) / 2;
        return blocks * pairs * 2 * BLOCK * format.bytes();
    }

    public WeightFormat format() {
        return format;
    }

    public int outFeatures() {
        return outFeatures;
    }

    public int inFeatures() {
        return inFeatures;
    }

    /** Number of blocks of {@link #BLOCK} outputs, the last one possibly padded. */
    public int blocks() {
        return (outFeatures + BLOCK - 1) / BLOCK;
    }

    /** Pairs of inputs; with an odd number of inputs the last pair has a zero weight. */
    public int pairs() {
        return (inFeatures + 1) / 2;
    }

    public MemorySegment data() {
        return data;
    }

    /** Address of a block's first weight. */
    public long blockAddress(int block) {
        return data.address() + block * blockBytes();
    }

    long blockBytes() {
        return (long) pairs() * 2 * BLOCK * format.bytes();
    }

    /**
     * Packs rows of a row-major matrix of shape {@code [sourceRows][inFeatures]} as outputs {@code firstOutput + row}, rounding
     * to this matrix's format. Different row ranges may be packed by different threads at once.
     *
     * @param scale factor applied in float32 before rounding
     */
    public void pack(Source source, int fromRow, int toRow, int firstOutput, float scale) {
        if (fromRow < 0 || toRow > source.rows || firstOutput < 0 || firstOutput + toRow > outFeatures) {
            throw new IllegalArgumentException("rows " + fromRow + ".." + toRow + " of " + source.rows + " at output "
                    + firstOutput + " do not fit in " + outFeatures + " outputs");
        }
        if (source.columns != inFeatures) {
            throw new IllegalArgumentException(
                    "the source has " + source.columns + " columns, the matrix " + inFeatures + " inputs");
        }
        for (int row = fromRow; row < toRow; ) {
            int output = firstOutput + row;
            int lanes = Math.min(toRow - row, BLOCK - output % BLOCK);
            packLanes(source, row, output, lanes, scale);
            row += lanes;
        }
    }

    private void packLanes(Source source, int row, int output, int lanes, float scale) {
        long block = blockAddress(output / BLOCK);
        int lane = output % BLOCK;
        for (int k = 0; k < inFeatures; k++) {
            long from = source.address(row, k);
            long step = (long) source.columns * source.type.bytes();
            for (int l = 0; l < lanes; l++) {
                float value = source.type.read(from + l * step) * scale;
                put(block, k, lane + l, value);
            }
        }
    }

    private void put(long block, int k, int lane, float value) {
        if (format == WeightFormat.F32) {
            Memory.putFloat(block + 4L * ((long) k * BLOCK + lane), value);
        } else {
            Memory.putShort(block + 2L * (((long) (k / 2) * BLOCK + lane) * 2 + k % 2), BFloat16.fromFloat(value));
        }
    }

    /** The weight of one output for one input. */
    public float get(int output, int input) {
        long block = blockAddress(output / BLOCK);
        int lane = output % BLOCK;
        return format == WeightFormat.F32
                ? Memory.getFloat(block + 4L * ((long) input * BLOCK + lane))
                : BFloat16.toFloat(Memory.getShort(block + 2L * (((long) (input / 2) * BLOCK + lane) * 2 + input % 2)));
    }

    /**
     * A row-major matrix to pack from.
     *
     * @param data elements in little-endian order
     * @param type element type
     * @param rows number of rows (outputs)
     * @param columns number of columns (inputs)
     */
    public record Source(MemorySegment data, ElementType type, int rows, int columns) {

        public Source {
            if (data.byteSize() < (long) rows * columns * type.bytes()) {
                throw new IllegalArgumentException(
                        rows + "x" + columns + " elements of " + type + " do not fit in " + data.byteSize() + " bytes");
            }
        }

        long address(int row, int column) {
            return data.address() + ((long) row * columns + column) * type.bytes();
        }
    }
}
