package dev.gorgon.kernels;

import static dev.gorgon.kernels.TestData.assertSameBits;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LinearTest {

    private static final int[][] SHAPES = {
        {1, 1}, {8, 2}, {31, 7}, {32, 16}, {33, 64}, {64, 207}, {96, 13}, {130, 258}, {512, 256}
    };

    private final Kernels portable = KernelProviders.select("portable");
    private final Kernels scalar = KernelProviders.select("scalar");

    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void portableEqualsTheScalarTwinForEveryShapeAndRowCount(WeightFormat format) {
        SplittableRandom random = new SplittableRandom(1);
        try (Arena arena = Arena.ofConfined()) {
            for (int[] shape : SHAPES) {
                PackedMatrix weights = TestData.weights(arena, random, format, shape[0], shape[1]);
                for (int rows = 1; rows <= 9; rows++) {
                    FloatMatrix x = TestData.random(arena, random, rows, shape[1]);
                    FloatMatrix expected = TestData.random(arena, random, rows, shape[0]);
                    FloatMatrix actual = FloatMatrix.allocate(arena, rows, shape[0]);
                    for (boolean accumulate : new boolean[] {false, true}) {
                        for (int r = 0; r < rows; r++) {
                            actual.copyRow(expected, r, r);
                        }
                        scalar.linear(weights, 0, weights.blocks(), x, expected, accumulate);
                        portable.linear(weights, 0, weights.blocks(), x, actual, accumulate);
                        assertSameBits(actual, expected);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void aRowDoesNotDependOnItsCompanyNorOnHowBlocksAreSplit(WeightFormat format) {
        SplittableRandom random = new SplittableRandom(2);
        try (Arena arena = Arena.ofConfined()) {
            PackedMatrix weights = TestData.weights(arena, random, format, 203, 130);
            FloatMatrix x = TestData.random(arena, random, 64, 130);
            FloatMatrix together = FloatMatrix.allocate(arena, 64, 203);
            portable.linear(weights, 0, weights.blocks(), x, together, false);
            FloatMatrix alone = FloatMatrix.allocate(arena, 64, 203);
            for (int row = 0; row < 64; row++) {
                for (int block = 0; block < weights.blocks(); ) {
                    int end = Math.min(weights.blocks(), block + 1 + random.nextInt(3));
                    portable.linear(weights, block, end, x.rows(row, row + 1), alone.rows(row, row + 1), false);
                    block = end;
                }
            }
            assertSameBits(alone, together);
        }
    }

    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void agreesWithArithmeticInDouble(WeightFormat format) {
        SplittableRandom random = new SplittableRandom(3);
        try (Arena arena = Arena.ofConfined()) {
            PackedMatrix weights = TestData.weights(arena, random, format, 70, 1001);
            FloatMatrix x = TestData.random(arena, random, 3, 1001);
            FloatMatrix y = FloatMatrix.allocate(arena, 3, 70);
            portable.linear(weights, 0, weights.blocks(), x, y, false);
            for (int row = 0; row < 3; row++) {
                for (int output = 0; output < 70; output++) {
                    double sum = 0;
                    for (int k = 0; k < 1001; k++) {
                        sum += (double) weights.get(output, k) * x.get(row, k);
                    }
                    assertThat((double) y.get(row, output)).isCloseTo(sum, within(1e-6 * 1001));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void packingPartsEqualsPackingTheWholeAndRoundsOnce(WeightFormat format) {
        SplittableRandom random = new SplittableRandom(4);
        try (Arena arena = Arena.ofConfined()) {
            PackedMatrix.Source source = TestData.source(arena, random, 77, 10);
            PackedMatrix whole = PackedMatrix.allocate(arena, format, 80, 10);
            whole.pack(source, 0, 77, 3, 0.5f);
            PackedMatrix parts = PackedMatrix.allocate(arena, format, 80, 10);
            parts.pack(source, 0, 20, 3, 0.5f);
            parts.pack(source, 20, 77, 3, 0.5f);
            assertThat(parts.data().mismatch(whole.data())).isEqualTo(-1);
            for (int row = 0; row < 77; row++) {
                for (int k = 0; k < 10; k++) {
                    float value =
                            source.data().getAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, row * 10L + k) * 0.5f;
                    assertThat(whole.get(row + 3, k))
                            .isEqualTo(format == WeightFormat.BF16 ? BFloat16.round(value) : value);
                }
            }
        }
    }
}
