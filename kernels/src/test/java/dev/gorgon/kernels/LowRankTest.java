package dev.gorgon.kernels;

import static dev.gorgon.kernels.TestData.assertSameBits;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class LowRankTest {

    /** Ranks of the parts of a change; each part has its own number of outputs. */
    private static final int[][] RANKS = {{8}, {1}, {3, 3, 3}, {8, 1, 16}, {40}, {64, 7}};

    private static final int[] INPUTS = {1, 15, 16, 32, 47, 207, 256};
    private static final int[] OUTPUTS = {32, 7, 130};
    /** Columns between parts that none of them covers. */
    private static final int GAP = 5;

    private final Kernels scalar = KernelProviders.select("scalar");

    static Stream<Arguments> cases() {
        return TestData.providers()
                .flatMap(kernels ->
                        Stream.of(WeightFormat.F32, WeightFormat.BF16).map(format -> Arguments.of(kernels, format)));
    }

    private static int columns() {
        int columns = 0;
        for (int outputs : OUTPUTS) {
            columns += outputs + GAP;
        }
        return columns;
    }

    private static LowRank change(Arena arena, SplittableRandom random, WeightFormat format, int inputs, int[] ranks) {
        List<LowRank.Shape> shapes = new ArrayList<>();
        int column = GAP;
        for (int i = 0; i < ranks.length; i++) {
            shapes.add(new LowRank.Shape(ranks[i], OUTPUTS[i], column));
            column += OUTPUTS[i] + GAP;
        }
        LowRank change = LowRank.allocate(arena, format, inputs, shapes);
        for (LowRank.Part part : change.parts()) {
            assertThat(change.packDown(TestData.source(arena, random, part.rank(), inputs), part.firstRank()))
                    .isTrue();
            PackedMatrix.Source up = TestData.source(arena, random, part.up().outFeatures(), part.rank());
            assertThat(part.up().pack(up, 0, up.rows(), 0, 0.5f)).isTrue();
        }
        return change;
    }

    /** Changes of various ranks on 1, 2, 3, ... rows, with rows between them that have none. */
    private static List<LowRankRows> batch(Arena arena, SplittableRandom random, WeightFormat format, int inputs) {
        List<LowRankRows> batch = new ArrayList<>();
        int row = 1;
        for (int i = 0; i < RANKS.length; i++) {
            int rows = i == 4 ? 19 : i + 1;
            batch.add(new LowRankRows(change(arena, random, format, inputs, RANKS[i]), row, row + rows));
            row += rows + i % 2;
        }
        return batch;
    }

    private static int rows(List<LowRankRows> batch) {
        return batch.getLast().endRow() + 1;
    }

    private static FloatMatrix shrink(
            Kernels kernels, Arena arena, List<LowRankRows> batch, FloatMatrix x, int pieces) {
        FloatMatrix shrunk = FloatMatrix.allocate(arena, x.rows(), LowRankRows.shrunkColumns(batch));
        int units = LowRankRows.units(batch);
        for (int piece = 0; piece < pieces; piece++) {
            kernels.shrink(batch, units * piece / pieces, units * (piece + 1) / pieces, x, shrunk);
        }
        return shrunk;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void equalsTheScalarTwinHoweverTheWorkIsSplit(Kernels kernels, WeightFormat format) {
        SplittableRandom random = new SplittableRandom(1);
        try (Arena arena = Arena.ofConfined()) {
            for (int inputs : INPUTS) {
                List<LowRankRows> batch = batch(arena, random, format, inputs);
                FloatMatrix x = TestData.random(arena, random, rows(batch), inputs);
                FloatMatrix start = TestData.random(arena, random, rows(batch), columns());
                FloatMatrix expected = FloatMatrix.allocate(arena, rows(batch), columns());
                FloatMatrix actual = FloatMatrix.allocate(arena, rows(batch), columns());
                for (int r = 0; r < rows(batch); r++) {
                    expected.copyRow(start, r, r);
                    actual.copyRow(start, r, r);
                }
                FloatMatrix shrunk = shrink(scalar, arena, batch, x, 1);
                scalar.expand(batch, 0, columns(), shrunk, expected);
                FloatMatrix same = shrink(kernels, arena, batch, x, 1 + random.nextInt(7));
                assertSameBits(same, shrunk);
                for (int column = 0; column < columns(); ) {
                    int end = Math.min(columns(), column + 1 + random.nextInt(70));
                    kernels.expand(batch, column, end, same, actual);
                    column = end;
                }
                assertSameBits(actual, expected);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aRowDoesNotDependOnItsCompany(Kernels kernels, WeightFormat format) {
        SplittableRandom random = new SplittableRandom(2);
        try (Arena arena = Arena.ofConfined()) {
            List<LowRankRows> batch = batch(arena, random, format, 300);
            FloatMatrix x = TestData.random(arena, random, rows(batch), 300);
            FloatMatrix together = FloatMatrix.allocate(arena, x.rows(), columns());
            kernels.expand(batch, 0, columns(), shrink(kernels, arena, batch, x, 3), together);
            for (LowRankRows rows : batch) {
                for (int row = rows.firstRow(); row < rows.endRow(); row++) {
                    List<LowRankRows> alone = List.of(new LowRankRows(rows.change(), 0, 1));
                    FloatMatrix y = FloatMatrix.allocate(arena, 1, columns());
                    FloatMatrix one = x.rows(row, row + 1);
                    kernels.expand(alone, 0, columns(), shrink(kernels, arena, alone, one, 1), y);
                    assertSameBits(together.rows(row, row + 1), y);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = WeightFormat.class,
            names = {"F32", "BF16"})
    void theSpecificationAgreesWithArithmeticInDouble(WeightFormat format) {
        SplittableRandom random = new SplittableRandom(3);
        try (Arena arena = Arena.ofConfined()) {
            LowRank change = change(arena, random, format, 207, new int[] {3, 5});
            List<LowRankRows> batch = List.of(new LowRankRows(change, 0, 2));
            FloatMatrix x = TestData.random(arena, random, 2, 207);
            FloatMatrix y = FloatMatrix.allocate(arena, 2, columns());
            scalar.expand(batch, 0, columns(), shrink(scalar, arena, batch, x, 2), y);
            for (LowRank.Part part : change.parts()) {
                for (int row = 0; row < 2; row++) {
                    for (int output = 0; output < part.up().outFeatures(); output++) {
                        double sum = 0;
                        double size = 0;
                        for (int i = 0; i < part.rank(); i++) {
                            for (int k = 0; k < 207; k++) {
                                double product = (double) part.up().get(output, i)
                                        * change.down(part.firstRank() + i, k)
                                        * x.get(row, k);
                                sum += product;
                                size += Math.abs(product);
                            }
                        }
                        assertThat((double) y.get(row, part.firstColumn() + output))
                                .isCloseTo(sum, within(1e-6 * size));
                    }
                }
            }
        }
    }

    /** What pads blocks of ranks and pairs of ranks must not let a NaN through, nor a row's NaN into other rows. */
    @ParameterizedTest
    @MethodSource("cases")
    void whatIsNotFiniteShowsInItsOwnRowOnly(Kernels kernels, WeightFormat format) {
        SplittableRandom random = new SplittableRandom(4);
        try (Arena arena = Arena.ofConfined()) {
            LowRank change = change(arena, random, format, 40, new int[] {3, 3, 3});
            List<LowRankRows> batch = List.of(new LowRankRows(change, 0, 5));
            FloatMatrix x = TestData.random(arena, random, 5, 40);
            x.set(3, 39, Float.NaN);
            FloatMatrix y = FloatMatrix.allocate(arena, 5, columns());
            kernels.expand(batch, 0, columns(), shrink(kernels, arena, batch, x, 1), y);
            for (LowRank.Part part : change.parts()) {
                for (int row = 0; row < 5; row++) {
                    assertThat(Float.isFinite(y.get(row, part.firstColumn()))).isEqualTo(row != 3);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void packsAsTheSpecificationDoes(Kernels kernels, WeightFormat format) {
        SplittableRandom random = new SplittableRandom(5);
        try (Arena arena = Arena.ofConfined()) {
            for (ElementType type : ElementType.values()) {
                for (int inputs : INPUTS) {
                    MemorySegment data = arena.allocate((long) 7 * inputs * type.bytes(), 64);
                    for (long i = 0; i < 7L * inputs; i++) {
                        write(data, type, i, (float) random.nextDouble(-1, 1));
                    }
                    PackedMatrix.Source source = new PackedMatrix.Source(data, type, 7, inputs);
                    LowRank expected = LowRank.allocate(arena, format, inputs, List.of(new LowRank.Shape(9, 1, 0)));
                    LowRank actual = LowRank.allocate(arena, format, inputs, List.of(new LowRank.Shape(9, 1, 0)));
                    assertThat(expected.packDown(source, 2)).isTrue();
                    assertThat(kernels.packDown(actual, source, 2)).isTrue();
                    assertThat(actual.down().mismatch(expected.down())).isEqualTo(-1);
                    write(data, type, 7L * inputs - 1, Float.NEGATIVE_INFINITY);
                    assertThat(expected.packDown(source, 2)).isFalse();
                    assertThat(kernels.packDown(actual, source, 2)).isFalse();
                }
            }
        }
    }

    private static void write(MemorySegment data, ElementType type, long index, float value) {
        switch (type) {
            case F32 -> data.setAtIndex(ValueLayout.JAVA_FLOAT, index, value);
            case F16 -> data.setAtIndex(ValueLayout.JAVA_SHORT, index, Float.floatToFloat16(value));
            case BF16 -> data.setAtIndex(ValueLayout.JAVA_SHORT, index, BFloat16.fromFloat(value));
        }
    }
}
