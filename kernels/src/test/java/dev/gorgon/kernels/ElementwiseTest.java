package dev.gorgon.kernels;

import static dev.gorgon.kernels.TestData.assertSameBits;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ElementwiseTest {

    private static final float[] EDGES = {
        0f,
        -0f,
        1f,
        -1f,
        1e-38f,
        -1e-38f,
        20f,
        -20f,
        86.99f,
        -86.99f,
        -87f,
        -87.01f,
        -103f,
        88f,
        88.1f,
        1e30f,
        -1e30f,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        Float.NaN
    };

    private final Kernels scalar = KernelProviders.select("scalar");

    private static FloatMatrix edgy(Arena arena, SplittableRandom random, int rows, int columns) {
        FloatMatrix matrix = TestData.random(arena, random, rows, columns);
        for (int c = 0; c < columns; c++) {
            if (random.nextInt(3) == 0) {
                matrix.set(0, c, EDGES[random.nextInt(EDGES.length)]);
            }
        }
        return matrix;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 13, 15, 16, 17, 64, 207, 256, 4098})
    void equalsTheScalarTwin(int columns) {
        TestData.providers().forEach(kernels -> elementwise(kernels, columns));
    }

    private void elementwise(Kernels kernels, int columns) {
        SplittableRandom random = new SplittableRandom(columns);
        try (Arena arena = Arena.ofConfined()) {
            FloatMatrix x = TestData.random(arena, random, 3, columns);
            FloatMatrix weight = TestData.random(arena, random, 1, columns);
            FloatMatrix a = edgy(arena, random, 3, columns);
            FloatMatrix expected = FloatMatrix.allocate(arena, 3, columns);
            FloatMatrix actual = FloatMatrix.allocate(arena, 3, columns);

            scalar.rmsNorm(x, weight, 1e-5f, expected);
            kernels.rmsNorm(x, weight, 1e-5f, actual);
            assertSameBits(actual, expected);

            scalar.gatedActivation(a, x, expected);
            kernels.gatedActivation(a, x, actual);
            assertSameBits(actual, expected);

            scalar.residualActivation(x, a, weight, expected);
            kernels.residualActivation(x, a, weight, actual);
            assertSameBits(actual, expected);

            scalar.addBias(expected, weight);
            kernels.addBias(actual, weight);
            assertSameBits(actual, expected);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 16, 32, 40, 64})
    void rotationEqualsTheScalarTwin(int pairs) {
        TestData.providers().forEach(kernels -> rotation(kernels, pairs));
    }

    private void rotation(Kernels kernels, int pairs) {
        SplittableRandom random = new SplittableRandom(pairs);
        float[] frequencies = new float[pairs];
        for (int i = 0; i < pairs; i++) {
            frequencies[i] = (float) Math.pow(10000, -(double) i / pairs);
        }
        try (Arena arena = Arena.ofConfined()) {
            RopeTable table = RopeTable.create(arena, 300, frequencies);
            FloatMatrix expected = TestData.random(arena, random, 1, 6 * pairs);
            FloatMatrix actual = FloatMatrix.allocate(arena, 1, 6 * pairs);
            actual.copyRow(expected, 0, 0);
            scalar.rotate(expected.address(0), 3, table, 291);
            kernels.rotate(actual.address(0), 3, table, 291);
            assertSameBits(actual, expected);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 15, 16, 17, 100, 4096})
    void logitStatisticsEqualTheScalarTwin(int count) {
        TestData.providers().forEach(kernels -> logitStatistics(kernels, count));
    }

    private void logitStatistics(Kernels kernels, int count) {
        SplittableRandom random = new SplittableRandom(count);
        try (Arena arena = Arena.ofConfined()) {
            FloatMatrix logits = TestData.random(arena, random, 1, count + 40);
            for (int trial = 0; trial < 5; trial++) {
                if (trial == 3) {
                    logits.set(0, random.nextInt(count) + 7, Float.NEGATIVE_INFINITY);
                }
                logits.set(0, 7 + random.nextInt(count), 3f);
                logits.set(0, 7 + random.nextInt(count), 3f);
                assertThat(kernels.reduceLogits(logits.address(0), 7, 7 + count))
                        .isEqualTo(scalar.reduceLogits(logits.address(0), 7, 7 + count));
            }
            logits.set(0, 7 + random.nextInt(count), Float.NaN);
            assertThat(kernels.reduceLogits(logits.address(0), 7, 7 + count).sumExp())
                    .isNaN();
            assertThat(scalar.reduceLogits(logits.address(0), 7, 7 + count).sumExp())
                    .isNaN();
        }
    }

    @ParameterizedTest
    @MethodSource("dev.gorgon.kernels.TestData#providers")
    void infinityAmongTheLogitsShowsAsNaN(Kernels kernels) {
        try (Arena arena = Arena.ofConfined()) {
            FloatMatrix logits = TestData.random(arena, new SplittableRandom(1), 1, 40);
            logits.set(0, 20, Float.POSITIVE_INFINITY);
            assertThat(kernels.reduceLogits(logits.address(0), 0, 40).sumExp()).isNaN();
        }
    }

    @Test
    void exponentialIsAccurate() {
        for (float x = -86.9f; x < 88f; x += 0.0137f) {
            double exact = Math.exp(x);
            assertThat(ScalarMath.exp(x) / exact).isCloseTo(1.0, within(2.5e-7));
        }
        assertThat(ScalarMath.exp(0f)).isEqualTo(1f);
        assertThat(ScalarMath.exp(-88f)).isZero();
        assertThat(ScalarMath.exp(Float.NEGATIVE_INFINITY)).isZero();
        assertThat(ScalarMath.exp(Float.NaN)).isNaN();
    }
}
