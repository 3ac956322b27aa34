package dev.gorgon.kernels;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The specification: every kernel one element at a time, in the order that all other code of the portable provider must keep.
 * Also serves shapes that the vector code does not cover.
 */
final class ScalarKernels implements Kernels {

    @Override
    public String name() {
        return "scalar";
    }

    @Override
    public long packedInputBytes(WeightFormat format, int inFeatures, int rows) {
        return format.isQuantized() ? rows * QuantizedInputs.rowBytes(inFeatures) : 0;
    }

    @Override
    public void packInputs(WeightFormat format, FloatMatrix x, int firstGroup, int endGroup, MemorySegment packed) {
        for (int row = 0; format.isQuantized() && row < x.rows(); row++) {
            for (int group = firstGroup; group < endGroup; group++) {
                QuantizedInputs.pack(x, row, group, packed);
            }
        }
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
        int end = Math.min(endBlock * PackedMatrix.BLOCK, w.outFeatures());
        for (int row = 0; row < x.rows(); row++) {
            for (int output = firstBlock * PackedMatrix.BLOCK; output < end; output++) {
                float sum = w.format().isQuantized()
                        ? quantizedDot(w, output, packed.address() + row * QuantizedInputs.rowBytes(w.inFeatures()))
                        : dot(w, output, x.address(row));
                y.set(row, output, accumulate ? y.get(row, output) + sum : sum);
            }
        }
    }

    /** Even inputs are summed in order, odd inputs are summed in order, and the two sums are added. */
    private static float dot(PackedMatrix w, int output, long x) {
        float even = 0f;
        float odd = 0f;
        for (int k = 0; k < w.inFeatures(); k += 2) {
            even = Math.fma(w.get(output, k), Memory.getFloat(x + 4L * k), even);
            odd = Math.fma(k + 1 < w.inFeatures() ? w.get(output, k + 1) : 0f, Memory.getFloat(x + 4L * k + 4), odd);
        }
        return even + odd;
    }

    /** Whole numbers are summed exactly within a group, scaled, and added in order of groups. */
    private static float quantizedDot(PackedMatrix w, int output, long x) {
        float sum = 0f;
        for (int group = 0; group < w.groups(); group++) {
            long inputs = x + (long) group * QuantizedInputs.GROUP_BYTES;
            long unit = w.unitAddress(output / PackedMatrix.BLOCK, group);
            int lane = output % PackedMatrix.BLOCK;
            int dot = 0;
            for (int i = 0; i < PackedMatrix.GROUP; i++) {
                dot += PackedUnits.level(w.format(), unit, lane, i) * QuantizedInputs.level(inputs, i);
            }
            sum = Math.fma((float) dot, PackedUnits.scale(unit, lane) * QuantizedInputs.scale(inputs), sum);
        }
        return sum;
    }

    @Override
    public void shrink(List<LowRankRows> changes, int firstUnit, int endUnit, FloatMatrix x, FloatMatrix shrunk) {
        LowRankRows.eachShrinking(changes, firstUnit, endUnit, (change, firstBlock, endBlock, firstRow, endRow) -> {
            for (int row = firstRow; row < endRow; row++) {
                for (int rank = firstBlock * LowRank.BLOCK; rank < endBlock * LowRank.BLOCK; rank++) {
                    float[] lanes = new float[LowRank.LANES];
                    for (int k = 0; k < change.paddedInputs(); k++) {
                        float input = k < x.columns() ? x.get(row, k) : 0f;
                        lanes[k % lanes.length] = Math.fma(change.down(rank, k), input, lanes[k % lanes.length]);
                    }
                    shrunk.set(row, rank, ScalarMath.sumTree(lanes));
                }
            }
        });
    }

    @Override
    public void expand(List<LowRankRows> changes, int firstColumn, int endColumn, FloatMatrix shrunk, FloatMatrix y) {
        LowRankRows.eachExpanding(changes, firstColumn, endColumn, (part, firstOutput, endOutput, rows) -> {
            for (int row = rows.firstRow(); row < rows.endRow(); row++) {
                for (int output = firstOutput; output < endOutput; output++) {
                    float even = 0f;
                    float odd = 0f;
                    for (int i = 0; i < part.rank(); i += 2) {
                        boolean pair = i + 1 < part.rank();
                        even = Math.fma(part.up().get(output, i), shrunk.get(row, part.firstRank() + i), even);
                        odd = Math.fma(
                                pair ? part.up().get(output, i + 1) : 0f,
                                pair ? shrunk.get(row, part.firstRank() + i + 1) : 0f,
                                odd);
                    }
                    int column = part.firstColumn() + output;
                    y.set(row, column, y.get(row, column) + (even + odd));
                }
            }
        });
    }

    @Override
    public void rmsNorm(FloatMatrix x, FloatMatrix weight, float epsilon, FloatMatrix y) {
        for (int row = 0; row < x.rows(); row++) {
            float[] lanes = new float[16];
            for (int i = 0; i < x.columns(); i++) {
                float value = x.get(row, i);
                lanes[i % 16] = Math.fma(value, value, lanes[i % 16]);
            }
            float scale = ScalarMath.inverseRms(ScalarMath.sumTree(lanes), x.columns(), epsilon);
            for (int i = 0; i < x.columns(); i++) {
                y.set(row, i, x.get(row, i) * scale * weight.get(0, i));
            }
        }
    }

    @Override
    public void rotate(long heads, int count, RopeTable table, int position) {
        int pairs = table.pairs();
        for (int head = 0; head < count; head++) {
            long first = heads + 8L * pairs * head;
            long second = first + 4L * pairs;
            for (int i = 0; i < pairs; i++) {
                float cos = Memory.getFloat(table.cosAddress(position) + 4L * i);
                float sin = Memory.getFloat(table.sinAddress(position) + 4L * i);
                float a = Memory.getFloat(first + 4L * i);
                float b = Memory.getFloat(second + 4L * i);
                Memory.putFloat(first + 4L * i, Math.fma(a, cos, -(b * sin)));
                Memory.putFloat(second + 4L * i, Math.fma(b, cos, a * sin));
            }
        }
    }

    @Override
    public void gatedActivation(FloatMatrix gate, FloatMatrix up, FloatMatrix y) {
        for (int row = 0; row < y.rows(); row++) {
            for (int i = 0; i < y.columns(); i++) {
                y.set(row, i, ScalarMath.silu(gate.get(row, i)) * up.get(row, i));
            }
        }
    }

    @Override
    public void residualActivation(FloatMatrix x, FloatMatrix a, FloatMatrix bias, FloatMatrix y) {
        for (int row = 0; row < y.rows(); row++) {
            for (int i = 0; i < y.columns(); i++) {
                y.set(row, i, x.get(row, i) + ScalarMath.silu(a.get(row, i) + bias.get(0, i)));
            }
        }
    }

    @Override
    public void addBias(FloatMatrix y, FloatMatrix bias) {
        for (int row = 0; row < y.rows(); row++) {
            for (int i = 0; i < y.columns(); i++) {
                y.set(row, i, y.get(row, i) + bias.get(0, i));
            }
        }
    }

    @Override
    public void attend(Attention task, FloatMatrix scratch) {
        for (int row = 0; row < task.queries().rows(); row++) {
            for (int head = 0; head < task.heads(); head++) {
                attend(task, row, head, scratch.address(0));
            }
        }
    }

    private static void attend(Attention task, int row, int head, long scores) {
        KvPages pages = task.pages();
        KvLayout layout = pages.layout();
        int headDim = layout.headDim();
        long query = task.queries().address(row) + 4L * (task.firstColumn() + head * headDim);
        long output = task.output().address(row) + 4L * (task.firstColumn() + head * headDim);
        int start = task.start(row);
        int end = task.contexts().positions()[row] + 1;

        float max = Float.NEGATIVE_INFINITY;
        for (int position = start; position < end; position++) {
            int slot = task.contexts().slot(row, position);
            long page = pages.page(slot);
            float even = 0f;
            float odd = 0f;
            for (int d = 0; d < headDim; d += 2) {
                even = Math.fma(
                        layout.read(page, layout.keyOffset(slot % KvLayout.BLOCK, d)),
                        Memory.getFloat(query + 4L * d),
                        even);
                odd = Math.fma(
                        layout.read(page, layout.keyOffset(slot % KvLayout.BLOCK, d + 1)),
                        Memory.getFloat(query + 4L * d + 4),
                        odd);
            }
            float score = (even + odd) * task.scale();
            Memory.putFloat(scores + 4L * position, score);
            max = Math.max(max, score);
        }

        float[] lanes = new float[16];
        for (int position = start; position < end; position++) {
            float weight = ScalarMath.exp(Memory.getFloat(scores + 4L * position) - max);
            Memory.putFloat(scores + 4L * position, weight);
            lanes[position % 16] += weight;
        }
        float sum = ScalarMath.sumTree(lanes);

        for (int d = 0; d < headDim; d++) {
            float value = 0f;
            for (int position = start; position < end; position++) {
                int slot = task.contexts().slot(row, position);
                value = Math.fma(
                        layout.read(pages.page(slot), layout.valueOffset(slot % KvLayout.BLOCK, d)),
                        Memory.getFloat(scores + 4L * position),
                        value);
            }
            Memory.putFloat(output + 4L * d, value / sum);
        }
    }

    @Override
    public LogitChunk reduceLogits(long row, int from, int to) {
        int argMax = from;
        for (int i = from; i < to; i++) {
            float logit = Memory.getFloat(row + 4L * i);
            if (Float.isNaN(logit)) {
                return new LogitChunk(-1, Float.NaN, Float.NaN);
            }
            if (logit > Memory.getFloat(row + 4L * argMax)) {
                argMax = i;
            }
        }
        float max = Memory.getFloat(row + 4L * argMax);
        float[] lanes = new float[16];
        for (int i = from; i < to; i++) {
            lanes[(i - from) % 16] += ScalarMath.exp(Memory.getFloat(row + 4L * i) - max);
        }
        return new LogitChunk(argMax, max, ScalarMath.sumTree(lanes));
    }

    @Override
    public float read(MemorySegment memory) {
        float sum = 0f;
        for (long i = 0; i + 4 <= memory.byteSize(); i += 4) {
            sum += Memory.getFloat(memory.address() + i);
        }
        return sum;
    }

    @Override
    public long peak(WeightFormat format, long turns) {
        float[] sums = {1, 2, 3, 4};
        for (long i = 0; i < turns; i++) {
            for (int chain = 0; chain < sums.length; chain++) {
                sums[chain] = Math.fma(0.5f, 0.25f, sums[chain]);
            }
        }
        // the branch is never taken, but keeps the sums alive
        return sums[0] + sums[1] + sums[2] + sums[3] < 0f ? 0 : 2 * sums.length * turns;
    }
}
