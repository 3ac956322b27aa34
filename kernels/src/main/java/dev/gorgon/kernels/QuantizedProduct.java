package dev.gorgon.kernels;

import static dev.gorgon.kernels.VectorMath.FLOATS;
import static dev.gorgon.kernels.VectorMath.INTS;
import static dev.gorgon.kernels.VectorMath.LANES;
import static dev.gorgon.kernels.VectorMath.load;
import static dev.gorgon.kernels.VectorMath.store;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Products with quantized weights. The Vector API has no dot product of bytes, so they are widened one by one: this is bound by
 * conversions, not by memory, and a reason to have native kernels.
 */
final class QuantizedProduct {

    private static final int SCALES = PackedMatrix.BLOCK * Short.BYTES;
    private static final ThreadLocal<float[]> WEIGHT_SCALES = ThreadLocal.withInitial(() -> new float[LANES]);

    private QuantizedProduct() {}

    static void run(
            PackedMatrix w, int firstBlock, int endBlock, MemorySegment packed, FloatMatrix y, boolean accumulate) {
        float[] scales = WEIGHT_SCALES.get();
        long rowBytes = QuantizedInputs.rowBytes(w.inFeatures());
        for (int block = firstBlock; block < endBlock; block++) {
            for (int row = 0; row < y.rows(); row++) {
                long x = packed.address() + row * rowBytes;
                for (int lane = 0; lane < PackedMatrix.BLOCK; lane += LANES) {
                    FloatVector sums = w.format() == WeightFormat.Q8
                            ? bytes(w, block, lane, x, scales)
                            : halfBytes(w, block, lane, x, scales);
                    long to = y.address(row) + 4L * (block * PackedMatrix.BLOCK + lane);
                    store(accumulate ? load(to).add(sums) : sums, to);
                }
            }
        }
    }

    private static IntVector ints(long address) {
        return IntVector.fromMemorySegment(INTS, Memory.ALL, address, ByteOrder.nativeOrder());
    }

    /** {@code scales = the weights' scales · the inputs' scale} of one group. */
    private static FloatVector scales(long unit, int lane, long inputs, float[] scales) {
        for (int i = 0; i < LANES; i++) {
            scales[i] = PackedUnits.scale(unit, lane + i);
        }
        return FloatVector.fromArray(FLOATS, scales, 0).mul(QuantizedInputs.scale(inputs));
    }

    private static FloatVector widen(IntVector dot) {
        return (FloatVector) dot.convertShape(VectorOperators.I2F, FLOATS, 0);
    }

    private static FloatVector bytes(PackedMatrix w, int block, int lane, long x, float[] scales) {
        FloatVector sum = FloatVector.zero(FLOATS);
        for (int group = 0; group < w.groups(); group++) {
            long unit = w.unitAddress(block, group);
            long inputs = x + (long) group * QuantizedInputs.GROUP_BYTES;
            IntVector dot = IntVector.broadcast(INTS, -128 * QuantizedInputs.sum(inputs));
            for (int j = 0; j < PackedMatrix.GROUP / 4; j++) {
                IntVector four = ints(unit + SCALES + 4L * (j * PackedMatrix.BLOCK + lane));
                int word = QuantizedInputs.word(inputs, j);
                dot = dot.add(four.and(0xFF).mul((byte) word));
                dot = dot.add(four.lanewise(VectorOperators.LSHR, 8).and(0xFF).mul((byte) (word >> 8)));
                dot = dot.add(four.lanewise(VectorOperators.LSHR, 16).and(0xFF).mul((byte) (word >> 16)));
                dot = dot.add(four.lanewise(VectorOperators.LSHR, 24).mul((byte) (word >> 24)));
            }
            sum = widen(dot).fma(scales(unit, lane, inputs, scales), sum);
        }
        return sum;
    }

    private static FloatVector halfBytes(PackedMatrix w, int block, int lane, long x, float[] scales) {
        FloatVector sum = FloatVector.zero(FLOATS);
        for (int group = 0; group < w.groups(); group++) {
            long unit = w.unitAddress(block, group);
            long inputs = x + (long) group * QuantizedInputs.GROUP_BYTES;
            IntVector dot = IntVector.broadcast(INTS, -8 * QuantizedInputs.sum(inputs));
            for (int j = 0; j < PackedMatrix.GROUP / 8; j++) {
                IntVector eight = ints(unit + SCALES + 4L * (j * PackedMatrix.BLOCK + lane));
                int low = QuantizedInputs.word(inputs, j);
                int high = QuantizedInputs.word(inputs, j + PackedMatrix.GROUP / 8);
                for (int b = 0; b < 32; b += 8) {
                    IntVector both = eight.lanewise(VectorOperators.LSHR, b);
                    dot = dot.add(both.and(0xF).mul((byte) (low >> b)));
                    dot = dot.add(
                            both.lanewise(VectorOperators.LSHR, 4).and(0xF).mul((byte) (high >> b)));
                }
            }
            sum = widen(dot).fma(scales(unit, lane, inputs, scales), sum);
        }
        return sum;
    }
}
