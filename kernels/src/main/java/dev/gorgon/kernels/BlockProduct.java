package dev.gorgon.kernels;

import static dev.gorgon.kernels.VectorMath.FLOATS;
import static dev.gorgon.kernels.VectorMath.LANES;
import static dev.gorgon.kernels.VectorMath.load;
import static dev.gorgon.kernels.VectorMath.store;

import dev.gorgon.kernels.LinearTile.Rows;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/** Covers blocks of outputs and rows of inputs with register tiles. */
final class BlockProduct {

    /** Outputs of a tile: two vectors. */
    private static final int TILE = 2 * LANES;

    private static final int TILE_ROWS = 4;
    private static final ThreadLocal<Inputs> INPUTS = ThreadLocal.withInitial(Inputs::new);

    /** A worker's copy of the input rows, and room for the results of a tile. */
    private static final class Inputs {
        private final float[] sums = new float[TILE_ROWS * LinearTile.ROW];
        private float[] values = new float[0];

        void copy(FloatMatrix x, int stride) {
            if (values.length < x.rows() * stride) {
                values = new float[x.rows() * stride];
            }
            for (int row = 0; row < x.rows(); row++) {
                MemorySegment.copy(
                        Memory.ALL, ValueLayout.JAVA_FLOAT_UNALIGNED, x.address(row), values, row * stride, stride);
            }
        }
    }

    private final LinearTile tile;
    private final PackedMatrix weights;
    private final FloatMatrix x;
    private final FloatMatrix y;
    private final boolean accumulate;
    private final Inputs inputs;
    private final int stride;

    BlockProduct(LinearTile tile, PackedMatrix weights, FloatMatrix x, FloatMatrix y, boolean accumulate) {
        this.tile = tile;
        this.weights = weights;
        this.x = x;
        this.y = y;
        this.accumulate = accumulate;
        this.stride = 2 * weights.pairs();
        this.inputs = INPUTS.get();
        this.inputs.copy(x, stride);
    }

    void run(int firstBlock, int endBlock) {
        int block = firstBlock;
        if (x.rows() <= 2) {
            for (; block + 2 <= endBlock; block += 2) {
                for (int lane = 0; lane < PackedMatrix.BLOCK; lane += TILE) {
                    twoBlocks(block, lane);
                }
            }
        }
        // a block's weights stay in the second-level cache while all rows pass over them
        for (; block < endBlock; block++) {
            for (int lane = 0; lane < PackedMatrix.BLOCK; lane += TILE) {
                for (int row = 0; row < x.rows(); row += TILE_ROWS) {
                    oneBlock(block, lane, row);
                }
            }
        }
    }

    private long weights(int block, int lane) {
        return weights.blockAddress(block) + (long) lane * Integer.BYTES;
    }

    private Rows rows(int row) {
        return new Rows(inputs.values, row * stride, stride, inputs.sums);
    }

    private void twoBlocks(int block, int lane) {
        int column = block * PackedMatrix.BLOCK + lane;
        Rows rows = rows(0);
        if (x.rows() == 1) {
            tile.oneRowTwoBlocks(weights(block, lane), weights(block + 1, lane), weights.pairs(), rows);
        } else {
            tile.twoRowsTwoBlocks(weights(block, lane), weights(block + 1, lane), weights.pairs(), rows);
        }
        write(0, x.rows(), column, 0);
        write(0, x.rows(), column + PackedMatrix.BLOCK, PackedMatrix.BLOCK);
    }

    private void oneBlock(int block, int lane, int row) {
        int column = block * PackedMatrix.BLOCK + lane;
        Rows rows = rows(row);
        int count = Math.min(TILE_ROWS, x.rows() - row);
        switch (count) {
            case 4 -> tile.fourRows(weights(block, lane), weights.pairs(), rows);
            case 3 -> tile.threeRows(weights(block, lane), weights.pairs(), rows);
            case 2 -> tile.twoRows(weights(block, lane), weights.pairs(), rows);
            default -> tile.oneRow(weights(block, lane), weights.pairs(), rows);
        }
        write(row, count, column, 0);
    }

    /** Writes a tile's sums to the outputs, or adds them. */
    private void write(int row, int count, int column, int offset) {
        for (int r = 0; r < count; r++) {
            long to = y.address(row + r) + 4L * column;
            int from = r * LinearTile.ROW + offset;
            for (int i = 0; i < TILE; i += LANES) {
                FloatVector sums = FloatVector.fromArray(FLOATS, inputs.sums, from + i);
                long at = to + 4L * i;
                store(accumulate ? load(at).add(sums) : sums, at);
            }
        }
    }
}
