package dev.gorgon.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** Random operands and bitwise comparison for the kernel tests. */
final class TestData {

    private TestData() {}

    /** Every provider but the specification itself. */
    static Stream<Kernels> providers() {
        return KernelProviders.available().stream()
                .filter(name -> !name.equals("scalar"))
                .map(KernelProviders::select);
    }

    /** Whether a provider rounds inputs to bfloat16, the one thing that its scalar twin does not do. */
    static boolean roundsInputs(Kernels kernels, WeightFormat format) {
        return format == WeightFormat.BF16 && kernels.name().contains("vnni");
    }

    /** Rows packed as the provider wants them, then multiplied. */
    static void linear(
            Kernels kernels, PackedMatrix w, int firstBlock, int endBlock, FloatMatrix x, FloatMatrix y, boolean add) {
        try (Arena arena = Arena.ofConfined()) {
            long bytes = kernels.packedInputBytes(w.format(), w.inFeatures(), x.rows());
            MemorySegment packed = arena.allocate(Math.max(1, bytes), 64);
            int groups = Kernels.inputGroups(w.inFeatures());
            kernels.packInputs(w.format(), x, groups / 2, groups, packed);
            kernels.packInputs(w.format(), x, 0, groups / 2, packed);
            kernels.linear(w, firstBlock, endBlock, x, packed, y, add);
        }
    }

    static FloatMatrix random(Arena arena, SplittableRandom random, int rows, int columns) {
        FloatMatrix matrix = FloatMatrix.allocate(arena, rows, columns + 1);
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                matrix.set(r, c, (float) random.nextDouble(-2, 2));
            }
        }
        return matrix.columns(0, columns);
    }

    static PackedMatrix.Source source(Arena arena, SplittableRandom random, int rows, int columns) {
        MemorySegment data = arena.allocate(4L * rows * columns, 64);
        for (long i = 0; i < (long) rows * columns; i++) {
            data.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble(-1, 1));
        }
        return new PackedMatrix.Source(data, ElementType.F32, rows, columns);
    }

    static PackedMatrix weights(Arena arena, SplittableRandom random, WeightFormat format, int outputs, int inputs) {
        PackedMatrix matrix = PackedMatrix.allocate(arena, format, outputs, inputs);
        matrix.pack(source(arena, random, outputs, inputs), 0, outputs, 0, 1f);
        return matrix;
    }

    static void assertSameBits(FloatMatrix actual, FloatMatrix expected) {
        for (int r = 0; r < expected.rows(); r++) {
            for (int c = 0; c < expected.columns(); c++) {
                assertThat(Float.floatToRawIntBits(actual.get(r, c)))
                        .as("row %d column %d: %s instead of %s", r, c, actual.get(r, c), expected.get(r, c))
                        .isEqualTo(Float.floatToRawIntBits(expected.get(r, c)));
            }
        }
    }
}
