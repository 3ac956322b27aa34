package dev.gorgon.kernels;

import static dev.gorgon.kernels.VectorMath.FLOATS;
import static dev.gorgon.kernels.VectorMath.LANES;
import static dev.gorgon.kernels.VectorMath.load;
import static dev.gorgon.kernels.VectorMath.store;

import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/** Low-rank changes with the Vector API, in the order of operations that {@link ScalarKernels} specifies. */
final class VectorLowRank {

    /** Bytes of sixteen lanes: the weights of one rank in a unit, or half a block of outputs. */
    private static final int LINE = 4 * LowRank.LANES;

    private VectorLowRank() {}

    static void shrink(List<LowRankRows> changes, int firstUnit, int endUnit, FloatMatrix x, FloatMatrix shrunk) {
        LowRankRows.eachShrinking(changes, firstUnit, endUnit, (change, firstBlock, endBlock, firstRow, endRow) -> {
            float[] lanes = new float[LowRank.LANES];
            for (int block = firstBlock; block < endBlock; block++) {
                for (int row = firstRow; row < endRow; row++) {
                    for (int i = 0; i < LowRank.BLOCK; i++) {
                        dot(change, change.blockAddress(block) + (long) i * LINE, x.address(row), lanes);
                        shrunk.set(row, block * LowRank.BLOCK + i, ScalarMath.sumTree(lanes));
                    }
                }
            }
        });
    }

    private static void dot(LowRank change, long w, long x, float[] lanes) {
        boolean pairs = change.format() == WeightFormat.BF16;
        int whole = change.inFeatures() / LowRank.unitInputs(change.format());
        for (int lane = 0; lane < LowRank.LANES; lane += LANES) {
            FloatVector sum =
                    pairs ? bf16(w + 4L * lane, x + 4L * lane, whole) : f32(w + 4L * lane, x + 4L * lane, whole);
            sum.intoArray(lanes, lane);
        }
        int step = LowRank.unitInputs(change.format());
        int first = whole * step;
        for (int k = first; k < change.paddedInputs(); k++) {
            long at = w + (long) whole * LowRank.BLOCK * LINE + 4L * (k % LowRank.LANES);
            float weight = pairs
                    ? BFloat16.toFloat(Memory.getShort(at + 2L * ((k - first) / LowRank.LANES)))
                    : Memory.getFloat(at);
            float input = k < change.inFeatures() ? Memory.getFloat(x + 4L * k) : 0f;
            lanes[k % LowRank.LANES] = Math.fma(weight, input, lanes[k % LowRank.LANES]);
        }
    }

    private static FloatVector bf16(long w, long x, int units) {
        FloatVector sum = FloatVector.zero(FLOATS);
        for (int unit = 0; unit < units; unit++) {
            IntVector both = VectorMath.loadPairs(w);
            sum = VectorMath.even(both).fma(load(x), sum);
            sum = VectorMath.odd(both).fma(load(x + LINE), sum);
            w += LowRank.BLOCK * LINE;
            x += 2 * LINE;
        }
        return sum;
    }

    private static FloatVector f32(long w, long x, int units) {
        FloatVector sum = FloatVector.zero(FLOATS);
        for (int unit = 0; unit < units; unit++) {
            sum = load(w).fma(load(x), sum);
            w += LowRank.BLOCK * LINE;
            x += LINE;
        }
        return sum;
    }

    static void expand(List<LowRankRows> changes, int firstColumn, int endColumn, FloatMatrix shrunk, FloatMatrix y) {
        LowRankRows.eachExpanding(changes, firstColumn, endColumn, (part, firstOutput, endOutput, rows) -> {
            float[] sums = new float[LANES];
            for (int output = firstOutput / LANES * LANES; output < endOutput; output += LANES) {
                for (int row = rows.firstRow(); row < rows.endRow(); row++) {
                    FloatVector sum = outputs(part, output, shrunk.address(row) + 4L * part.firstRank());
                    long to = y.address(row) + 4L * (part.firstColumn() + output);
                    if (output >= firstOutput && output + LANES <= endOutput) {
                        store(load(to).add(sum), to);
                        continue;
                    }
                    sum.intoArray(sums, 0);
                    for (int i = Math.max(output, firstOutput); i < Math.min(output + LANES, endOutput); i++) {
                        long at = to + 4L * (i - output);
                        Memory.putFloat(at, Memory.getFloat(at) + sums[i - output]);
                    }
                }
            }
        });
    }

    /** Some outputs of one row, as many as a vector has lanes. */
    private static FloatVector outputs(LowRank.Part part, int output, long shrunk) {
        boolean pairs = part.up().format() == WeightFormat.BF16;
        long w = part.up().blockAddress(output / PackedMatrix.BLOCK) + 4L * (output % PackedMatrix.BLOCK);
        FloatVector even = FloatVector.zero(FLOATS);
        FloatVector odd = FloatVector.zero(FLOATS);
        for (int i = 0; i < part.rank(); i += 2) {
            float second = i + 1 < part.rank() ? Memory.getFloat(shrunk + 4L * i + 4) : 0f;
            FloatVector a = VectorMath.broadcast(shrunk + 4L * i);
            FloatVector b = FloatVector.broadcast(FLOATS, second);
            if (pairs) {
                IntVector both = VectorMath.loadPairs(w);
                even = VectorMath.even(both).fma(a, even);
                odd = VectorMath.odd(both).fma(b, odd);
                w += 2L * LINE;
            } else {
                even = load(w).fma(a, even);
                odd = load(w + 2L * LINE).fma(b, odd);
                w += 4L * LINE;
            }
        }
        return even.add(odd);
    }
}
