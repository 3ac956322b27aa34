package dev.gorgon.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A weight matrix {@code W[outFeatures][inFeatures]} in the interleaved order that all kernels read: blocks of 32 outputs, and in
 * a block, unit by unit of inputs, the 32 outputs' weights for all inputs of the unit.
 *
 * <pre>
 *  F32   [block][k/2]{ [k%2][output 0..31] }
 *  BF16  [block][k/2]{ [output 0..31][k%2] }              one 32-bit lane = one output's weights for inputs k and k+1
 *  Q8    [block][k/32]{ [output 0..31] half-float scale,
 *                       [k/4%8][output 0..31][k%4] }      bytes q + 128
 *  Q4    [block][k/32]{ [output 0..31] half-float scale,
 *                       [k/4%4][output 0..31][k%4] }      bytes with q + 8 of input k low, of input k + 16 high
 * </pre>
 *
 * A vector lane belongs to one output, so a dot product is never split over lanes and its order of additions does not depend on
 * the vector width, the number of rows or the number of threads. Missing outputs of the last block and missing inputs of the last
 * unit are zero.
 */
public final class PackedMatrix {

    /** Outputs per block. */
    public static final int BLOCK = 32;

    /** Inputs that share a scale in the quantized formats. */
    public static final int GROUP = 32;

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
        return over(
                LargeMemory.allocate(arena, bytes(format, outFeatures, inFeatures)), format, outFeatures, inFeatures);
    }

    /**
     * A matrix that was packed before, or is zero.
     *
     * @throws IllegalArgumentException if the memory is not exactly as large as such a matrix
     */
    public static PackedMatrix over(MemorySegment data, WeightFormat format, int outFeatures, int inFeatures) {
        if (data.byteSize() != bytes(format, outFeatures, inFeatures)) {
            throw new IllegalArgumentException(format + " weights of shape " + outFeatures + "x" + inFeatures + " take "
                    + bytes(format, outFeatures, inFeatures) + " bytes, not " + data.byteSize());
        }
        return new PackedMatrix(format, outFeatures, inFeatures, data);
    }

    /** Bytes that a packed matrix of this shape occupies. */
    public static long bytes(WeightFormat format, int outFeatures, int inFeatures) {
        if (outFeatures < 1 || inFeatures < 1) {
            throw new IllegalArgumentException("bad shape " + outFeatures + "x" + inFeatures);
        }
        long blocks = (outFeatures + BLOCK - 1) / BLOCK;
        return blocks * format.units(inFeatures) * format.unitBytes();
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
    int pairs() {
        return (inFeatures + 1) / 2;
    }

    /** Groups of inputs in the quantized formats. */
    int groups() {
        return (inFeatures + GROUP - 1) / GROUP;
    }

    public MemorySegment data() {
        return data;
    }

    /** Address of a block's first weight. */
    public long blockAddress(int block) {
        return unitAddress(block, 0);
    }

    long unitAddress(int block, int unit) {
        return data.address() + ((long) block * format.units(inFeatures) + unit) * format.unitBytes();
    }

    /**
     * Packs rows of a row-major matrix of shape {@code [sourceRows][inFeatures]} as outputs {@code firstOutput + row}, rounding
     * to this matrix's format. Different row ranges may be packed by different threads at once. The specification of
     * {@link Kernels#pack}.
     *
     * @param scale factor applied in float32 before rounding
     * @return whether all elements were finite and, if quantized, within the range of the scales
     */
    public boolean pack(Source source, int fromRow, int toRow, int firstOutput, float scale) {
        requireFit(source, fromRow, toRow, firstOutput);
        boolean finite = true;
        float[] group = new float[format.unitInputs()];
        for (int row = fromRow; row < toRow; row++) {
            int output = firstOutput + row;
            for (int unit = 0; unit < format.units(inFeatures); unit++) {
                finite &= source.read(row, unit * group.length, scale, group);
                finite &= PackedUnits.put(format, unitAddress(output / BLOCK, unit), output % BLOCK, group);
            }
        }
        return finite;
    }

    /**
     * Packs columns of float32 rows as outputs: row {@code r} holds the weights of input {@code firstInput + r}, one column per
     * output. The rows of a matrix thus become its transposed. Different blocks may be packed by different threads at once.
     *
     * @param firstBlock first block of outputs to pack
     * @param endBlock one after the last
     * @throws IllegalArgumentException if this matrix is quantized, or the rows do not fit
     */
    public void packTransposed(FloatMatrix source, int firstInput, int firstBlock, int endBlock) {
        if (format.isQuantized() || source.columns() != outFeatures || firstInput + source.rows() > inFeatures) {
            throw new IllegalArgumentException("inputs " + firstInput + " to " + (firstInput + source.rows()) + " of "
                    + source.columns() + " outputs do not fit in " + format + " weights of shape " + outFeatures + "x"
                    + inFeatures);
        }
        for (int block = firstBlock; block < endBlock; block++) {
            int outputs = Math.min(BLOCK, outFeatures - block * BLOCK);
            for (int row = 0; row < source.rows(); row++) {
                int input = firstInput + row;
                long from = source.address(row) + 4L * block * BLOCK;
                long to = unitAddress(block, input / 2);
                for (int output = 0; output < outputs; output++) {
                    float weight = Memory.getFloat(from + 4L * output);
                    if (format == WeightFormat.F32) {
                        Memory.putFloat(to + 4L * (input % 2 * BLOCK + output), weight);
                    } else {
                        Memory.putShort(to + 2L * (2 * output + input % 2), BFloat16.fromFloat(weight));
                    }
                }
            }
        }
    }

    void requireFit(Source source, int fromRow, int toRow, int firstOutput) {
        if (fromRow < 0 || toRow > source.rows || firstOutput < 0 || firstOutput + toRow > outFeatures) {
            throw new IllegalArgumentException("rows " + fromRow + ".." + toRow + " of " + source.rows + " at output "
                    + firstOutput + " do not fit in " + outFeatures + " outputs");
        }
        if (source.columns != inFeatures) {
            throw new IllegalArgumentException(
                    "the source has " + source.columns + " columns, the matrix " + inFeatures + " inputs");
        }
    }

    /** The weight of one output for one input. */
    public float get(int output, int input) {
        int unitInputs = format.unitInputs();
        return PackedUnits.get(
                format, unitAddress(output / BLOCK, input / unitInputs), output % BLOCK, input % unitInputs);
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

        /** Reads some scaled elements of a row, zeros past its end; returns whether all are finite. */
        boolean read(int row, int column, float scale, float[] target) {
            boolean finite = true;
            for (int i = 0; i < target.length; i++) {
                long index = (long) row * columns + column + i;
                target[i] = column + i < columns ? type.read(data.address() + index * type.bytes()) * scale : 0f;
                finite &= Float.isFinite(target[i]);
            }
            return finite;
        }
    }
}
