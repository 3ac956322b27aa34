package dev.gorgon.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class PackingTest {

    private static PackedMatrix.Source source(
            Arena arena, SplittableRandom random, ElementType type, int rows, int columns) {
        PackedMatrix.Source floats = TestData.source(arena, random, rows, columns);
        MemorySegment data = arena.allocate((long) rows * columns * type.bytes(), 64);
        for (long i = 0; i < (long) rows * columns; i++) {
            // some rows are tiny, some groups are zero
            float value = floats.data().getAtIndex(ValueLayout.JAVA_FLOAT, i)
                    * (i / columns % 5 == 3 ? 1e-6f : i / 40 % 7 == 2 ? 0f : 1f);
            switch (type) {
                case F32 -> data.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
                case BF16 -> data.setAtIndex(ValueLayout.JAVA_SHORT, i, BFloat16.fromFloat(value));
                case F16 -> data.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(value));
            }
        }
        return new PackedMatrix.Source(data, type, rows, columns);
    }

    @ParameterizedTest
    @MethodSource("dev.gorgon.kernels.TestData#providers")
    void allProvidersPackTheSameBytes(Kernels kernels) {
        SplittableRandom random = new SplittableRandom(4);
        try (Arena arena = Arena.ofConfined()) {
            for (WeightFormat format : WeightFormat.values()) {
                for (ElementType type : ElementType.values()) {
                    for (int columns : new int[] {1, 10, 33, 96}) {
                        PackedMatrix.Source source = source(arena, random, type, 77, columns);
                        PackedMatrix expected = PackedMatrix.allocate(arena, format, 85, columns);
                        assertThat(expected.pack(source, 0, 77, 3, 0.5f)).isTrue();
                        PackedMatrix actual = PackedMatrix.allocate(arena, format, 85, columns);
                        assertThat(kernels.pack(actual, source, 0, 20, 3, 0.5f)).isTrue();
                        assertThat(kernels.pack(actual, source, 20, 77, 3, 0.5f))
                                .isTrue();
                        assertThat(actual.data().mismatch(expected.data()))
                                .as("%s from %s, %d columns", format, type, columns)
                                .isEqualTo(-1);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void weightsAreRoundedOnce(WeightFormat format) {
        SplittableRandom random = new SplittableRandom(6);
        try (Arena arena = Arena.ofConfined()) {
            PackedMatrix.Source source = TestData.source(arena, random, 40, 70);
            PackedMatrix packed = PackedMatrix.allocate(arena, format, 40, 70);
            assertThat(packed.pack(source, 0, 40, 0, 2f)).isTrue();
            for (int row = 0; row < 40; row++) {
                for (int k = 0; k < 70; k++) {
                    float value = source.data().getAtIndex(ValueLayout.JAVA_FLOAT, row * 70L + k) * 2f;
                    // values lie between -2 and 2
                    double error = switch (format) {
                        case F32 -> 0;
                        case BF16 -> Math.abs(value) / 256;
                        case Q8 -> 2.0 / 127 / 2 * 1.01;
                        case Q4 -> 2.0 / 8 * 1.01;
                    };
                    assertThat(packed.get(row, k)).isCloseTo(value, within((float) error));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.gorgon.kernels.TestData#providers")
    void whatCannotBeRepresentedIsReported(Kernels kernels) {
        try (Arena arena = Arena.ofConfined()) {
            for (WeightFormat format : WeightFormat.values()) {
                for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, 3e38f}) {
                    PackedMatrix.Source source = TestData.source(arena, new SplittableRandom(7), 40, 70);
                    source.data().setAtIndex(ValueLayout.JAVA_FLOAT, 39 * 70 + 69, bad);
                    PackedMatrix packed = PackedMatrix.allocate(arena, format, 40, 70);
                    boolean representable = Float.isFinite(bad) && !format.isQuantized();
                    assertThat(kernels.pack(packed, source, 0, 40, 0, 1f)).isEqualTo(representable);
                    assertThat(packed.pack(source, 0, 40, 0, 1f)).isEqualTo(representable);
                }
            }
        }
    }

    @Test
    void badRangesAreRefused() {
        try (Arena arena = Arena.ofConfined()) {
            for (String name : KernelProviders.available()) {
                Kernels kernels = KernelProviders.select(name);
                PackedMatrix packed = PackedMatrix.allocate(arena, WeightFormat.BF16, 8, 4);
                PackedMatrix.Source source = TestData.source(arena, new SplittableRandom(8), 9, 4);
                assertThatThrownBy(() -> kernels.pack(packed, source, 0, 9, 0, 1f))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("do not fit");
                PackedMatrix.Source wide = TestData.source(arena, new SplittableRandom(8), 8, 5);
                assertThatThrownBy(() -> kernels.pack(packed, wide, 0, 8, 0, 1f))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("5 columns");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "BF16"})
    void columnsArePackedAsOutputs(WeightFormat format) {
        SplittableRandom random = new SplittableRandom(6);
        try (Arena arena = Arena.ofConfined()) {
            FloatMatrix rows = TestData.random(arena, random, 33, 77);
            PackedMatrix packed = PackedMatrix.allocate(arena, format, 77, 35);
            packed.packTransposed(rows.rows(0, 5), 1, 0, 3);
            packed.packTransposed(rows.rows(5, 33), 6, 0, 1);
            packed.packTransposed(rows.rows(5, 33), 6, 1, 3);
            for (int output = 0; output < 77; output++) {
                for (int row = 0; row < 33; row++) {
                    float expected = rows.get(row, output);
                    assertThat(packed.get(output, row + 1))
                            .isEqualTo(format == WeightFormat.F32 ? expected : BFloat16.round(expected));
                }
                assertThat(packed.get(output, 0)).isZero();
                assertThat(packed.get(output, 34)).isZero();
            }
            assertThatThrownBy(() -> packed.packTransposed(rows, 3, 0, 3))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("do not fit");
        }
    }
}
