package dev.gorgon.kernels;

import static dev.gorgon.kernels.TestData.assertSameBits;
import static dev.gorgon.kernels.TestData.linear;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LinearTest {

    private static final int[][] SHAPES = {
        {1, 1}, {8, 2}, {31, 7}, {32, 16}, {33, 64}, {64, 207}, {96, 13}, {130, 258}, {512, 256}
    };

    private final Kernels scalar = KernelProviders.select("scalar");

    static Stream<Arguments> cases() {
        return TestData.providers()
                .flatMap(kernels -> Arrays.stream(WeightFormat.values()).map(format -> Arguments.of(kernels, format)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void equalsTheScalarTwinForEveryShapeAndRowCount(Kernels kernels, WeightFormat format) {
        SplittableRandom random = new SplittableRandom(1);
        try (Arena arena = Arena.ofConfined()) {
            for (int[] shape : SHAPES) {
                PackedMatrix weights = TestData.weights(arena, random, format, shape[0], shape[1]);
                for (int rows = 1; rows <= 14; rows++) {
                    FloatMatrix x = TestData.random(arena, random, rows, shape[1]);
                    FloatMatrix start = TestData.random(arena, random, rows, shape[0]);
                    FloatMatrix expected = FloatMatrix.allocate(arena, rows, shape[0]);
                    FloatMatrix actual = FloatMatrix.allocate(arena, rows, shape[0]);
                    for (boolean accumulate : new boolean[] {false, true}) {
                        for (int r = 0; r < rows; r++) {
                            expected.copyRow(start, r, r);
                            actual.copyRow(start, r, r);
                        }
                        if (TestData.roundsInputs(kernels, format)) {
                            pairwise(weights, x, expected, accumulate);
                        } else {
                            linear(scalar, weights, 0, weights.blocks(), x, expected, accumulate);
                        }
                        linear(kernels, weights, 0, weights.blocks(), x, actual, accumulate);
                        assertSameBits(actual, expected);
                    }
                }
            }
        }
    }

    /** What processors with a dot product of bfloat16 pairs compute: per pair the odd product is added first, then the even. */
    private static void pairwise(PackedMatrix w, FloatMatrix x, FloatMatrix y, boolean accumulate) {
        for (int row = 0; row < x.rows(); row++) {
            for (int output = 0; output < w.outFeatures(); output++) {
                float sum = 0f;
                for (int k = 0; k < w.inFeatures(); k += 2) {
                    if (k + 1 < w.inFeatures()) {
                        sum = Math.fma(w.get(output, k + 1), BFloat16.round(x.get(row, k + 1)), sum);
                    }
                    sum = Math.fma(w.get(output, k), BFloat16.round(x.get(row, k)), sum);
                }
                y.set(row, output, accumulate ? y.get(row, output) + sum : sum);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aRowDoesNotDependOnItsCompanyNorOnHowBlocksAreSplit(Kernels kernels, WeightFormat format) {
        SplittableRandom random = new SplittableRandom(2);
        try (Arena arena = Arena.ofConfined()) {
            // more inputs than a chunk has, more rows than wait for one
            PackedMatrix weights = TestData.weights(arena, random, format, 203, 1130);
            FloatMatrix x = TestData.random(arena, random, 130, 1130);
            FloatMatrix alone = FloatMatrix.allocate(arena, 130, 203);
            for (int row = 0; row < x.rows(); row++) {
                for (int block = 0; block < weights.blocks(); ) {
                    int end = Math.min(weights.blocks(), block + 1 + random.nextInt(3));
                    linear(kernels, weights, block, end, x.rows(row, row + 1), alone.rows(row, row + 1), false);
                    block = end;
                }
            }
            for (int rows : new int[] {2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 16, 25, 64, 97, 130}) {
                FloatMatrix together = FloatMatrix.allocate(arena, rows, 203);
                int first = random.nextInt(131 - rows);
                linear(kernels, weights, 0, weights.blocks(), x.rows(first, first + rows), together, false);
                assertSameBits(together, alone.rows(first, first + rows));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void agreesWithArithmeticInDouble(Kernels kernels, WeightFormat format) {
        SplittableRandom random = new SplittableRandom(3);
        double error = TestData.roundsInputs(kernels, format) ? 4e-3 : format.isQuantized() ? 8e-3 : 1e-6;
        try (Arena arena = Arena.ofConfined()) {
            PackedMatrix weights = TestData.weights(arena, random, format, 70, 1001);
            FloatMatrix x = TestData.random(arena, random, 3, 1001);
            FloatMatrix y = FloatMatrix.allocate(arena, 3, 70);
            linear(kernels, weights, 0, weights.blocks(), x, y, false);
            for (int row = 0; row < 3; row++) {
                for (int output = 0; output < 70; output++) {
                    double sum = 0;
                    double size = 0;
                    for (int k = 0; k < 1001; k++) {
                        double product = (double) weights.get(output, k) * x.get(row, k);
                        sum += product;
                        size += Math.abs(product);
                    }
                    assertThat((double) y.get(row, output)).isCloseTo(sum, within(error * size));
                }
            }
        }
    }

    /** A NaN or an infinity in one row must show in that row's outputs, and in no other row's. */
    @ParameterizedTest
    @MethodSource("cases")
    void whatIsNotFiniteShowsInItsOwnRowOnly(Kernels kernels, WeightFormat format) {
        SplittableRandom random = new SplittableRandom(5);
        try (Arena arena = Arena.ofConfined()) {
            PackedMatrix weights = TestData.weights(arena, random, format, 64, 96);
            for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
                FloatMatrix x = TestData.random(arena, random, 5, 96);
                x.set(3, 40, bad);
                FloatMatrix y = FloatMatrix.allocate(arena, 5, 64);
                linear(kernels, weights, 0, weights.blocks(), x, y, false);
                for (int row = 0; row < 5; row++) {
                    for (int output = 0; output < 64; output++) {
                        assertThat(Float.isFinite(y.get(row, output))).isEqualTo(row != 3);
                    }
                }
            }
        }
    }
}
