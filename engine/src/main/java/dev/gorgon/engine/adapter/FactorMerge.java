package dev.gorgon.engine.adapter;

import dev.gorgon.engine.tensor.DType;
import dev.gorgon.engine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The mathematics of merging, on one factor at a time (spec lorax-contract.md §2.4), in float32 and in the order of the adapters.
 * What comes out depends on the elements, the specification and the keys only.
 */
final class FactorMerge {

    private final MergeSpec spec;
    private final List<Operand> operands;
    private final List<Pruning> prunings = new ArrayList<>();

    /**
     * The same factor of one of the adapters.
     *
     * @param tensor its elements
     * @param scale they are multiplied with it before anything else
     * @param weight of the adapter
     * @param key what its random pruning depends on
     */
    record Operand(Tensor tensor, float scale, float weight, List<String> key) {

        float at(long index) {
            return tensor.at(index) * scale;
        }
    }

    private FactorMerge(MergeSpec spec, List<Operand> operands) {
        this.spec = spec;
        this.operands = operands;
        for (Operand operand : operands) {
            prunings.add(pruning(operand));
        }
    }

    /**
     * @param operands of equal shape, at least one
     * @param arena where the result is allocated
     */
    static Tensor merge(MergeSpec spec, List<Operand> operands, Arena arena) {
        return new FactorMerge(spec, operands).merge(arena);
    }

    private Pruning pruning(Operand operand) {
        if (spec.keepsAll()) {
            return new Pruning.None();
        }
        if (spec.strategy().isRandom()) {
            return Pruning.Random.of(operand.key(), spec.density());
        }
        long count = operand.tensor().elements();
        return Pruning.Magnitude.keeping((long) Math.floor(spec.density() * count), count, operand::at);
    }

    private Tensor merge(Arena arena) {
        Tensor first = operands.getFirst().tensor();
        MemorySegment data = arena.allocate(4L * first.elements(), 64);
        float[] values = new float[operands.size()];
        for (long i = 0; i < first.elements(); i++) {
            for (int k = 0; k < values.length; k++) {
                values[k] = prunings.get(k).apply(operands.get(k).at(i), i);
            }
            data.setAtIndex(ValueLayout.JAVA_FLOAT, i, spec.strategy().electsSign() ? elected(values) : sum(values));
        }
        return new Tensor(DType.F32, first.shape(), data);
    }

    private float sum(float[] values) {
        float sum = 0;
        for (int k = 0; k < values.length; k++) {
            sum += operands.get(k).weight() * values[k];
        }
        return sum;
    }

    /** The weighted mean of the values that have the elected sign; 0 is elected as positive, but has no sign itself. */
    private float elected(float[] values) {
        float votes = 0;
        for (float value : values) {
            votes += spec.majoritySign() == MergeSpec.MajoritySign.TOTAL ? value : Math.signum(value);
        }
        float sign = votes >= 0 ? 1f : -1f;
        float sum = 0;
        int winners = 0;
        for (int k = 0; k < values.length; k++) {
            if (Math.signum(values[k]) == sign) {
                sum += operands.get(k).weight() * values[k];
                winners++;
            }
        }
        return sum / Math.max(winners, 1);
    }
}
