package dev.gorgon.kernels;

import static dev.gorgon.kernels.VectorMath.FLOATS;
import static dev.gorgon.kernels.VectorMath.LANES;
import static dev.gorgon.kernels.VectorMath.load;
import static dev.gorgon.kernels.VectorMath.store;

import java.lang.foreign.MemorySegment;
import java.util.List;
import jdk.incubator.vector.FloatVector;

/** The portable provider: the Vector API, in the order of operations that {@link ScalarKernels} specifies. */
final class VectorKernels implements Kernels {

    private static final LinearTile BF16 = new Bf16Tile();
    private static final LinearTile F32 = new F32Tile();
    private static final AttentionTile BF16_PAGES = new Bf16AttentionTile();
    private static final AttentionTile F32_PAGES = new F32AttentionTile();
    /** Outputs of a tile: two vectors. */
    private static final int TILE = 2 * LANES;

    private final ScalarKernels scalar = new ScalarKernels();

    @Override
    public String name() {
        return "portable (Vector API, " + 32 * LANES + " bit)";
    }

    @Override
    public long packedInputBytes(WeightFormat format, int inFeatures, int rows) {
        return scalar.packedInputBytes(format, inFeatures, rows);
    }

    @Override
    public void packInputs(WeightFormat format, FloatMatrix x, int firstGroup, int endGroup, MemorySegment packed) {
        scalar.packInputs(format, x, firstGroup, endGroup, packed);
    }

    @Override
    public void linear(
            PackedMatrix w,
            int firstBlock,
            int endBlock,
            FloatMatrix x,
            MemorySegment packed,
            FloatMatrix y,
            boolean accumulate) {
        // tiles write whole blocks; one that the outputs end in is left to the scalar code
        int whole = Math.max(firstBlock, Math.min(endBlock, y.columns() / PackedMatrix.BLOCK));
        if (w.format().isQuantized()) {
            QuantizedProduct.run(w, firstBlock, whole, packed, y, accumulate);
        } else {
            new BlockProduct(w.format() == WeightFormat.BF16 ? BF16 : F32, w, x, y, accumulate).run(firstBlock, whole);
        }
        if (whole < endBlock) {
            scalar.linear(w, whole, endBlock, x, packed, y, accumulate);
        }
    }

    @Override
    public void shrink(List<LowRankRows> changes, int firstUnit, int endUnit, FloatMatrix x, FloatMatrix shrunk) {
        VectorLowRank.shrink(changes, firstUnit, endUnit, x, shrunk);
    }

    @Override
    public void expand(List<LowRankRows> changes, int firstColumn, int endColumn, FloatMatrix shrunk, FloatMatrix y) {
        VectorLowRank.expand(changes, firstColumn, endColumn, shrunk, y);
    }

    @Override
    public void rmsNorm(FloatMatrix x, FloatMatrix weight, float epsilon, FloatMatrix y) {
        int columns = x.columns();
        float[] lanes = new float[16];
        for (int row = 0; row < x.rows(); row++) {
            long from = x.address(row);
            long to = y.address(row);
            int whole = columns & ~15;
            for (int lane = 0; lane < 16; lane += LANES) {
                FloatVector sum = FloatVector.zero(FLOATS);
                for (int i = lane; i < whole; i += 16) {
                    FloatVector value = load(from + 4L * i);
                    sum = value.fma(value, sum);
                }
                sum.intoArray(lanes, lane);
            }
            for (int i = whole; i < columns; i++) {
                float value = Memory.getFloat(from + 4L * i);
                lanes[i % 16] = Math.fma(value, value, lanes[i % 16]);
            }
            float scale = ScalarMath.inverseRms(ScalarMath.sumTree(lanes), columns, epsilon);
            long w = weight.address(0);
            int i = 0;
            for (; i + LANES <= columns; i += LANES) {
                store(load(from + 4L * i).mul(scale).mul(load(w + 4L * i)), to + 4L * i);
            }
            for (; i < columns; i++) {
                Memory.putFloat(to + 4L * i, Memory.getFloat(from + 4L * i) * scale * Memory.getFloat(w + 4L * i));
            }
        }
    }

    @Override
    public void rotate(long heads, int count, RopeTable table, int position) {
        int pairs = table.pairs();
        if (pairs % LANES != 0) {
            scalar.rotate(heads, count, table, position);
            return;
        }
        for (int head = 0; head < count; head++) {
            long first = heads + 8L * pairs * head;
            long second = first + 4L * pairs;
            for (int i = 0; i < pairs; i += LANES) {
                FloatVector cos = load(table.cosAddress(position) + 4L * i);
                FloatVector sin = load(table.sinAddress(position) + 4L * i);
                FloatVector a = load(first + 4L * i);
                FloatVector b = load(second + 4L * i);
                store(a.fma(cos, b.mul(sin).neg()), first + 4L * i);
                store(b.fma(cos, a.mul(sin)), second + 4L * i);
            }
        }
    }

    @Override
    public void gatedActivation(FloatMatrix gate, FloatMatrix up, FloatMatrix y) {
        for (int row = 0; row < y.rows(); row++) {
            long g = gate.address(row);
            long u = up.address(row);
            long to = y.address(row);
            int i = 0;
            for (; i + LANES <= y.columns(); i += LANES) {
                store(VectorMath.silu(load(g + 4L * i)).mul(load(u + 4L * i)), to + 4L * i);
            }
            for (; i < y.columns(); i++) {
                Memory.putFloat(
                        to + 4L * i, ScalarMath.silu(Memory.getFloat(g + 4L * i)) * Memory.getFloat(u + 4L * i));
            }
        }
    }

    @Override
    public void residualActivation(FloatMatrix x, FloatMatrix a, FloatMatrix bias, FloatMatrix y) {
        long b = bias.address(0);
        for (int row = 0; row < y.rows(); row++) {
            long from = x.address(row);
            long act = a.address(row);
            long to = y.address(row);
            int i = 0;
            for (; i + LANES <= y.columns(); i += LANES) {
                FloatVector biased = load(act + 4L * i).add(load(b + 4L * i));
                store(load(from + 4L * i).add(VectorMath.silu(biased)), to + 4L * i);
            }
            for (; i < y.columns(); i++) {
                float biased = Memory.getFloat(act + 4L * i) + Memory.getFloat(b + 4L * i);
                Memory.putFloat(to + 4L * i, Memory.getFloat(from + 4L * i) + ScalarMath.silu(biased));
            }
        }
    }

    @Override
    public void addBias(FloatMatrix y, FloatMatrix bias) {
        scalar.addBias(y, bias);
    }

    @Override
    public void attend(Attention task, FloatMatrix scratch) {
        if (task.pages().layout().headDim() % TILE != 0) {
            scalar.attend(task, scratch);
        } else {
            new VectorAttention(task.pages().layout().format() == WeightFormat.BF16 ? BF16_PAGES : F32_PAGES)
                    .attend(task);
        }
    }

    @Override
    public LogitChunk reduceLogits(long row, int from, int to) {
        float max = Float.NEGATIVE_INFINITY;
        FloatVector best = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        int i = from;
        for (; i + LANES <= to; i += LANES) {
            best = best.max(load(row + 4L * i));
        }
        for (int lane = 0; lane < LANES; lane++) {
            max = Math.max(max, best.lane(lane));
        }
        for (; i < to; i++) {
            max = Math.max(max, Memory.getFloat(row + 4L * i));
        }
        if (Float.isNaN(max)) {
            return new LogitChunk(-1, Float.NaN, Float.NaN);
        }
        float[] lanes = new float[16];
        int whole = from + ((to - from) & ~15);
        for (int lane = 0; lane < 16; lane += LANES) {
            FloatVector sum = FloatVector.zero(FLOATS);
            for (int k = from + lane; k < whole; k += 16) {
                sum = sum.add(VectorMath.exp(load(row + 4L * k).sub(max)));
            }
            sum.intoArray(lanes, lane);
        }
        for (int k = whole; k < to; k++) {
            lanes[(k - from) % 16] += ScalarMath.exp(Memory.getFloat(row + 4L * k) - max);
        }
        return new LogitChunk(indexOf(row, from, to, max), max, ScalarMath.sumTree(lanes));
    }

    private static int indexOf(long row, int from, int to, float value) {
        int i = from;
        for (; i + LANES <= to; i += LANES) {
            int lane = load(row + 4L * i).eq(value).firstTrue();
            if (lane < LANES) {
                return i + lane;
            }
        }
        while (i < to && Memory.getFloat(row + 4L * i) != value) {
            i++;
        }
        return i;
    }

    @Override
    public float read(MemorySegment memory) {
        return VectorMath.read(memory);
    }

    @Override
    public long peak(WeightFormat format, long turns) {
        return VectorMath.peak(turns);
    }
}
