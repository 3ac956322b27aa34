package dev.gorgon.engine.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gorgon.engine.tensor.DType;
import dev.gorgon.engine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The mathematics of merging against the formulas of the specification, computed another way. */
class MergeTest {

    private final Arena arena = Arena.ofConfined();

    @AfterEach
    void close() {
        arena.close();
    }

    private Tensor tensor(float... values) {
        MemorySegment data = arena.allocate(4L * values.length, 64);
        MemorySegment.copy(values, 0, data, ValueLayout.JAVA_FLOAT, 0, values.length);
        return new Tensor(DType.F32, List.of(1L, (long) values.length), data);
    }

    private static float[] random(long seed, int count) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextInt(20) == 0 ? 0 : (float) random.nextGaussian();
        }
        return values;
    }

    private float[] merge(MergeSpec spec, float[]... parts) {
        List<FactorMerge.Operand> operands = new ArrayList<>();
        for (int k = 0; k < parts.length; k++) {
            operands.add(new FactorMerge.Operand(
                    tensor(parts[k]), 1f, spec.weights().get(k).floatValue(), List.of("module", "A", "" + k, "id")));
        }
        return FactorMerge.merge(spec, operands, arena).data().toArray(ValueLayout.JAVA_FLOAT);
    }

    private static MergeSpec spec(String strategy, double density, String sign, Double... weights) {
        return new MergeSpec(
                List.of(weights), MergeSpec.Strategy.parse(strategy), density, MergeSpec.MajoritySign.parse(sign));
    }

    @Test
    void linearIsTheWeightedSum() {
        float[] a = random(1, 301);
        float[] b = random(2, 301);
        float[] merged = merge(spec("Linear", 0, "", 0.7, -2.0), a, b);
        for (int i = 0; i < a.length; i++) {
            assertThat((double) merged[i]).isCloseTo(0.7 * a[i] - 2.0 * b[i], within(1e-6));
        }
        assertThat(merge(spec("dare_linear", 1, "", 0.7, -2.0), a, b)).isEqualTo(merged);
    }

    /** The ⌊density·n⌋ largest by sorting. */
    private static double[] trimmed(float[] values, double density) {
        Integer[] order = IntStream.range(0, values.length).boxed().toArray(Integer[]::new);
        Arrays.sort(order, Comparator.comparingDouble((Integer i) -> -Math.abs(values[i])));
        double[] kept = new double[values.length];
        for (int i = 0; i < (int) Math.floor(density * values.length); i++) {
            kept[order[i]] = values[order[i]];
        }
        return kept;
    }

    @ParameterizedTest
    @CsvSource({"0.5,total", "0.5,frequency", "0.013,total", "0.001,total", "0.999,frequency", "7,total"})
    void tiesFollowTheFormula(double density, String sign) {
        float[][] parts = {random(3, 999), random(4, 999), random(5, 999)};
        double[] weights = {0.5, 2, -1};
        float[] merged = merge(spec("TIES", density, sign, 0.5, 2.0, -1.0), parts);
        double[][] kept = new double[3][];
        for (int k = 0; k < 3; k++) {
            kept[k] = trimmed(parts[k], Math.min(1, density));
        }
        for (int i = 0; i < merged.length; i++) {
            double votes = 0;
            for (double[] part : kept) {
                votes += sign.equals("total") ? part[i] : Math.signum(part[i]);
            }
            double elected = votes >= 0 ? 1 : -1;
            double sum = 0;
            int count = 0;
            for (int k = 0; k < 3; k++) {
                if (Math.signum(kept[k][i]) == elected) {
                    sum += weights[k] * kept[k][i];
                    count++;
                }
            }
            assertThat((double) merged[i]).as("element %d", i).isCloseTo(sum / Math.max(1, count), within(1e-5));
        }
    }

    @Test
    void equalMagnitudesAreKeptInOrder() {
        float[] values = {2, -1, 1, 1, 3, -1, 1, 0};
        assertThat(merge(spec("ties", 0.5, "", 1.0), values)).containsExactly(2, -1, 1, 0, 3, 0, 0, 0);
        assertThat(merge(spec("ties", 0.99, "", 1.0), values)).containsExactly(2, -1, 1, 1, 3, -1, 1, 0);
        assertThat(merge(spec("ties", 0.1, "", 1.0), values)).containsOnly(0);
    }

    @Test
    void randomPruningIsRepeatableAndKeepsTheMean() {
        int count = 200_000;
        float[] ones = new float[count];
        Arrays.fill(ones, 1f);
        for (double density : new double[] {0.1, 0.5, 0.9}) {
            float[] merged = merge(spec("dare_linear", density, "", 1.0), ones);
            double sum = 0;
            for (float value : merged) {
                assertThat(value).isIn(0f, (float) (1 / density));
                sum += value;
            }
            double deviation = Math.sqrt((1 - density) / density / count);
            assertThat(sum / count).isCloseTo(1, within(5 * deviation));
            assertThat(merge(spec("dare_linear", density, "", 1.0), ones)).isEqualTo(merged);
        }
        // each adapter is pruned on its own
        float[] both = merge(spec("dare_linear", 0.5, "", 1.0, 10.0), ones, ones);
        long together = IntStream.range(0, count).filter(i -> both[i] == 22).count();
        assertThat((double) together / count).isCloseTo(0.25, within(0.01));
    }

    @Test
    void randomPruningComesBeforeTheVote() {
        float[] merged = merge(spec("dare_ties", 0.5, "", 1.0, 1.0), random(6, 5_000), random(7, 5_000));
        assertThat(merged).contains(0f);
        assertThat(merge(spec("dare_ties", 1, "", 1.0, 1.0), random(6, 500), random(7, 500)))
                .isEqualTo(merge(spec("ties", 1, "", 1.0, 1.0), random(6, 500), random(7, 500)));
    }

    @Test
    void specificationsThatMakeNoSense() {
        assertThatThrownBy(() -> spec("linear", 0, "")).hasMessage("No adapters to merge.");
        assertThatThrownBy(() -> spec("ties", 0, "", 1.0)).hasMessageContaining("needs a density above 0");
        assertThatThrownBy(() -> spec("dare_linear", 0, "", 1.0)).hasMessageContaining("dare_linear needs a density");
        assertThatThrownBy(() -> spec("linear", -0.1, "", 1.0)).hasMessageContaining("density");
        assertThatThrownBy(() -> spec("ties", Double.NaN, "", 1.0)).hasMessageContaining("density");
        assertThatThrownBy(() -> spec("ties", 1, "", Double.NaN)).hasMessageContaining("finite");
        assertThatThrownBy(() -> spec("slerp", 1, "", 1.0))
                .hasMessage("unknown merge_strategy 'slerp'; known are linear, ties, dare_linear, dare_ties");
        assertThatThrownBy(() -> spec("ties", 1, "most", 1.0))
                .hasMessage("unknown majority_sign_method 'most'; known are total, frequency");
    }

    @Test
    void canonicalLinesTellSpecificationsApart() {
        assertThat(spec("linear", 0.3, "frequency", 0.5, 0.5).canonical())
                .isEqualTo(spec("", 0, "", 0.5, 0.5).canonical());
        assertThat(spec("ties", 2, "", 0.5).canonical())
                .isEqualTo(spec("TIES", 1, "total", 0.5).canonical());
        assertThat(List.of(
                        spec("linear", 0, "", 0.5, 0.5).canonical(),
                        spec("linear", 0, "", 0.5, 0.4).canonical(),
                        spec("ties", 0.5, "", 0.5, 0.5).canonical(),
                        spec("ties", 0.4, "", 0.5, 0.5).canonical(),
                        spec("ties", 0.5, "frequency", 0.5, 0.5).canonical(),
                        spec("dare_ties", 0.5, "", 0.5, 0.5).canonical(),
                        spec("dare_linear", 0.5, "", 0.5, 0.5).canonical()))
                .doesNotHaveDuplicates();
    }
}
