package dev.gorgon.kernels;

import static dev.gorgon.kernels.TestData.assertSameBits;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingTest {

    private final TrainingKernels scalar = new ScalarTraining();
    private final TrainingKernels vector = TrainingKernels.best();

    @Test
    void theVectorApiServesTheTests() {
        assertThat(vector).isInstanceOf(VectorTraining.class);
    }

    @ParameterizedTest
    @CsvSource({"1,1,1", "3,5,7", "17,8,16", "200,13,207", "450,6,64", "193,33,40"})
    void outerProductsEqualTheScalarTwinAndDoubleArithmetic(int rows, int outputs, int inputs) {
        SplittableRandom random = new SplittableRandom(rows);
        try (Arena arena = Arena.ofConfined()) {
            FloatMatrix a = TestData.random(arena, random, rows, outputs);
            FloatMatrix x = TestData.random(arena, random, rows, inputs);
            FloatMatrix expected = TestData.random(arena, random, outputs, inputs);
            FloatMatrix actual = copy(arena, expected);
            FloatMatrix before = copy(arena, expected);
            int first = outputs > 2 ? 1 : 0;
            scalar.addOuterProducts(a, x, first, outputs, expected);
            vector.addOuterProducts(a, x, first, outputs, actual);
            assertSameBits(actual, expected);
            for (int o = first; o < outputs; o++) {
                for (int k = 0; k < inputs; k++) {
                    double sum = before.get(o, k);
                    for (int r = 0; r < rows; r++) {
                        sum += (double) a.get(r, o) * x.get(r, k);
                    }
                    assertThat((double) actual.get(o, k)).isCloseTo(sum, within(1e-6 * (rows + 10)));
                }
            }
        }
    }

    /** Accumulating over several calls is one sum over all rows. */
    @Test
    void itDoesNotMatterInHowManyCallsRowsCome() {
        SplittableRandom random = new SplittableRandom(5);
        try (Arena arena = Arena.ofConfined()) {
            FloatMatrix a = TestData.random(arena, random, 300, 9);
            FloatMatrix x = TestData.random(arena, random, 300, 35);
            FloatMatrix once = FloatMatrix.allocate(arena, 9, 35);
            FloatMatrix often = FloatMatrix.allocate(arena, 9, 35);
            vector.addOuterProducts(a, x, 0, 9, once);
            int[] cuts = {0, 1, 64, 199, 300};
            for (int i = 1; i < cuts.length; i++) {
                FloatMatrix part = a.rows(cuts[i - 1], cuts[i]);
                vector.addOuterProducts(part, x.rows(cuts[i - 1], cuts[i]), 0, 5, often);
                vector.addOuterProducts(part, x.rows(cuts[i - 1], cuts[i]), 5, 9, often);
            }
            assertSameBits(often, once);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 13, 16, 17, 64, 207, 4098})
    void elementwiseEqualsTheScalarTwin(int columns) {
        SplittableRandom random = new SplittableRandom(columns);
        try (Arena arena = Arena.ofConfined()) {
            FloatMatrix a = TestData.random(arena, random, 3, columns);
            FloatMatrix b = TestData.random(arena, random, 3, columns);
            b.set(0, 0, 60f);
            b.set(1, 0, -95f);
            FloatMatrix bias = TestData.random(arena, random, 1, columns);
            FloatMatrix expected = FloatMatrix.allocate(arena, 3, columns);
            FloatMatrix actual = FloatMatrix.allocate(arena, 3, columns);
            scalar.residualGradient(a, b, bias, expected);
            vector.residualGradient(a, b, bias, actual);
            assertSameBits(actual, expected);

            FloatMatrix sums = copy(arena, bias);
            scalar.addRows(a, bias);
            vector.addRows(a, sums);
            assertSameBits(sums, bias);

            FloatMatrix other = copy(arena, a);
            scalar.exponentials(a.rows(1, 2), 2f, 0.125f);
            vector.exponentials(other.rows(1, 2), 2f, 0.125f);
            assertSameBits(other, a);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 16, 37})
    void adamWEqualsTheScalarTwinAndTheFormula(int columns) {
        SplittableRandom random = new SplittableRandom(columns);
        TrainingKernels.Adam adam = new TrainingKernels.Adam(0.9, 0.98, 1e-8, 0.1);
        try (Arena arena = Arena.ofConfined()) {
            TrainingKernels.AdamState expected = state(arena, random, columns);
            TrainingKernels.AdamState actual = new TrainingKernels.AdamState(
                    copy(arena, expected.parameter()),
                    expected.gradient(),
                    copy(arena, expected.mean()),
                    copy(arena, expected.variance()));
            double p = expected.parameter().get(1, 0);
            double m = 0;
            double v = 0;
            for (int t = 1; t <= 3; t++) {
                TrainingKernels.AdamStep step = TrainingKernels.AdamStep.of(adam, 1e-2, 0.5, t);
                scalar.adamW(expected, step);
                vector.adamW(actual, step);
                double g = 0.5 * expected.gradient().get(1, 0);
                m = 0.9 * m + 0.1 * g;
                v = 0.98 * v + 0.02 * g * g;
                p = p * (1 - 1e-2 * 0.1)
                        - 1e-2 * (m / (1 - Math.pow(0.9, t))) / (Math.sqrt(v / (1 - Math.pow(0.98, t))) + 1e-8);
            }
            assertSameBits(actual.parameter(), expected.parameter());
            assertSameBits(actual.mean(), expected.mean());
            assertSameBits(actual.variance(), expected.variance());
            assertThat((double) actual.parameter().get(1, 0)).isCloseTo(p, within(1e-5));
        }
    }

    private static TrainingKernels.AdamState state(Arena arena, SplittableRandom random, int columns) {
        return new TrainingKernels.AdamState(
                TestData.random(arena, random, 2, columns),
                TestData.random(arena, random, 2, columns),
                FloatMatrix.allocate(arena, 2, columns),
                FloatMatrix.allocate(arena, 2, columns));
    }

    private static FloatMatrix copy(Arena arena, FloatMatrix source) {
        FloatMatrix copy = FloatMatrix.allocate(arena, source.rows(), source.columns());
        for (int row = 0; row < source.rows(); row++) {
            copy.copyRow(source, row, row);
        }
        return copy;
    }
}
