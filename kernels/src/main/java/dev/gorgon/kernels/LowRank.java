package dev.gorgon.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * What one adapter changes in one linear operation: {@code y[columns of a part] += B·(A·x)} for each of its parts. All parts share
 * the inputs, so their A matrices stand below each other as one matrix of {@link #ranks} rows, in blocks of four ranks that are
 * read as one stream:
 *
 * <pre>
 *  F32   [rank/4][k/16]{ [rank%4][k%16] }
 *  BF16  [rank/4][k/32]{ [rank%4][k%16][k/16%2] }         one 32-bit lane = the weights for inputs k and k+16
 * </pre>
 *
 * Unlike in a {@link PackedMatrix}, a lane belongs to every sixteenth input, because four ranks are far too few outputs to fill
 * vectors with, and padding them would cost more memory than the adapter. Each B is a {@link PackedMatrix} whose inputs are the
 * part's ranks. Missing ranks of the last block and missing inputs of the last unit are zero.
 */
public final class LowRank {

    /** Ranks per block. */
    public static final int BLOCK = 4;

    static final int LANES = 16;
    /** Bytes of the weights of a block of ranks for one unit of inputs. */
    private static final int UNIT_BYTES = BLOCK * LANES * 4;

    private final WeightFormat format;
    private final int inFeatures;
    private final int ranks;
    private final MemorySegment down;
    private final List<Part> parts;

    private LowRank(WeightFormat format, int inFeatures, int ranks, MemorySegment down, List<Part> parts) {
        this.format = format;
        this.inFeatures = inFeatures;
        this.ranks = ranks;
        this.down = down;
        this.parts = parts;
    }

    /**
     * The change of one of the maps that are computed together.
     *
     * @param up B, {@code [outFeatures][rank]}, with the scale folded in
     * @param firstRank row of its A among all ranks
     * @param firstColumn column of {@code y} of its first output
     */
    public record Part(PackedMatrix up, int firstRank, int firstColumn) {

        public int rank() {
            return up.inFeatures();
        }

        int endColumn() {
            return firstColumn + up.outFeatures();
        }
    }

    /** Size of a part: A is {@code [rank][inFeatures]}, B {@code [outFeatures][rank]}. */
    public record Shape(int rank, int outFeatures, int firstColumn) {}

    /**
     * Allocates a zeroed change.
     *
     * @param format F32 or BF16
     */
    public static LowRank allocate(Arena arena, WeightFormat format, int inFeatures, List<Shape> shapes) {
        int ranks = shapes.stream().mapToInt(Shape::rank).sum();
        long size = downBytes(format, inFeatures, ranks);
        long bytes = size;
        for (Shape shape : shapes) {
            bytes += PackedMatrix.bytes(format, shape.outFeatures, shape.rank);
        }
        MemorySegment all = LargeMemory.allocate(arena, bytes);
        MemorySegment down = all.asSlice(0, size);
        Part[] parts = new Part[shapes.size()];
        int rank = 0;
        long at = size;
        for (int i = 0; i < parts.length; i++) {
            Shape shape = shapes.get(i);
            long next = PackedMatrix.bytes(format, shape.outFeatures, shape.rank);
            PackedMatrix up = PackedMatrix.over(all.asSlice(at, next), format, shape.outFeatures, shape.rank);
            parts[i] = new Part(up, rank, shape.firstColumn);
            rank += shape.rank;
            at += next;
        }
        return new LowRank(format, inFeatures, ranks, down, List.of(parts));
    }

    private static long downBytes(WeightFormat format, int inFeatures, int ranks) {
        if (format.isQuantized() || inFeatures < 1 || ranks < 1) {
            throw new IllegalArgumentException("bad low-rank change of " + ranks + "x" + inFeatures + " in " + format);
        }
        return (long) blocks(ranks) * units(format, inFeatures) * UNIT_BYTES;
    }

    private static int blocks(int ranks) {
        return (ranks + BLOCK - 1) / BLOCK;
    }

    /** Inputs per unit. */
    static int unitInputs(WeightFormat format) {
        return format == WeightFormat.BF16 ? 2 * LANES : LANES;
    }

    static int units(WeightFormat format, int inFeatures) {
        return (inFeatures + unitInputs(format) - 1) / unitInputs(format);
    }

    public WeightFormat format() {
        return format;
    }

    public int inFeatures() {
        return inFeatures;
    }

    /** Ranks of all parts together. */
    public int ranks() {
        return ranks;
    }

    /** Blocks of {@link #BLOCK} ranks, the last one possibly padded. */
    public int blocks() {
        return blocks(ranks);
    }

    /** Inputs with those that pad the last unit. */
    int paddedInputs() {
        return units(format, inFeatures) * unitInputs(format);
    }

    public List<Part> parts() {
        return parts;
    }

    /** Bytes that all its matrices occupy. */
    public long bytes() {
        long bytes = down.byteSize();
        for (Part part : parts) {
            bytes += part.up.data().byteSize();
        }
        return bytes;
    }

    MemorySegment down() {
        return down;
    }

    /** Address of a block's first weight. */
    long blockAddress(int block) {
        return down.address() + (long) block * units(format, inFeatures) * UNIT_BYTES;
    }

    private long address(int rank, int input) {
        long unit = blockAddress(rank / BLOCK) + (long) (input / unitInputs(format)) * UNIT_BYTES;
        long lane = unit + 4L * (rank % BLOCK * LANES + input % LANES);
        return format == WeightFormat.BF16 ? lane + 2L * (input / LANES % 2) : lane;
    }

    /** The weight of A for one input; zero beyond the last one. */
    public float down(int rank, int input) {
        long address = address(rank, input);
        return format == WeightFormat.BF16 ? BFloat16.toFloat(Memory.getShort(address)) : Memory.getFloat(address);
    }

    /**
     * Packs a row-major A of shape {@code [rank][inFeatures]} as ranks {@code firstRank + row}, rounding to this change's format. The
     * specification of {@link Kernels#packDown}.
     *
     * @return whether all elements were finite
     */
    public boolean packDown(PackedMatrix.Source source, int firstRank) {
        requireFit(source, firstRank);
        boolean finite = true;
        float[] values = new float[inFeatures];
        for (int row = 0; row < source.rows(); row++) {
            finite &= source.read(row, 0, 1f, values);
            for (int input = 0; input < inFeatures; input++) {
                long address = address(firstRank + row, input);
                if (format == WeightFormat.BF16) {
                    Memory.putShort(address, BFloat16.fromFloat(values[input]));
                } else {
                    Memory.putFloat(address, values[input]);
                }
            }
        }
        return finite;
    }

    void requireFit(PackedMatrix.Source source, int firstRank) {
        if (firstRank < 0 || firstRank + source.rows() > ranks || source.columns() != inFeatures) {
            throw new IllegalArgumentException("a matrix of " + source.rows() + "x" + source.columns() + " at rank "
                    + firstRank + " does not fit in " + ranks + "x" + inFeatures);
        }
    }
}
