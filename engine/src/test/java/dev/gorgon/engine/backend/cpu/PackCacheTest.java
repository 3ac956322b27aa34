package dev.gorgon.engine.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.kernels.ElementType;
import dev.gorgon.kernels.PackedMatrix;
import dev.gorgon.kernels.WeightFormat;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PackCacheTest {

    @TempDir
    Path folder;

    private static PackedMatrix matrix(Arena arena, WeightFormat format, int outputs, int inputs) {
        MemorySegment data = arena.allocate(4L * outputs * inputs, 64);
        SplittableRandom random = new SplittableRandom(outputs);
        for (long i = 0; i < (long) outputs * inputs; i++) {
            data.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble(-1, 1));
        }
        PackedMatrix matrix = PackedMatrix.allocate(arena, format, outputs, inputs);
        matrix.pack(new PackedMatrix.Source(data, ElementType.F32, outputs, inputs), 0, outputs, 0, 1f);
        return matrix;
    }

    private void save(Arena arena, WeightFormat format) {
        try (PackCache cache = PackCache.open(folder, "model", 2)) {
            cache.put("a", matrix(arena, format, 40, 70));
            cache.put("b", matrix(arena, format, 100, 33));
            cache.save();
        }
    }

    private Path file() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> all = files.toList();
            assertThat(all).hasSize(1);
            return all.getFirst();
        }
    }

    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void matricesComeBackBitByBit(WeightFormat format) {
        try (Arena arena = Arena.ofShared()) {
            save(arena, format);
            try (PackCache cache = PackCache.open(folder, "model", 2)) {
                PackedMatrix a = cache.find("a", format, 40, 70).orElseThrow();
                PackedMatrix b = cache.find("b", format, 100, 33).orElseThrow();
                assertThat(a.data().mismatch(matrix(arena, format, 40, 70).data()))
                        .isEqualTo(-1);
                assertThat(b.data().mismatch(matrix(arena, format, 100, 33).data()))
                        .isEqualTo(-1);
                assertThat(a.data().address() % 64).isZero();
            }
        }
    }

    @Test
    void anotherShapeFormatNameOrModelIsNotFound() {
        try (Arena arena = Arena.ofShared()) {
            save(arena, WeightFormat.Q8);
            try (PackCache cache = PackCache.open(folder, "model", 1);
                    PackCache other = PackCache.open(folder, "other model", 1)) {
                assertThat(cache.find("a", WeightFormat.Q8, 40, 70)).isPresent();
                assertThat(cache.find("a", WeightFormat.Q4, 40, 70)).isEmpty();
                assertThat(cache.find("a", WeightFormat.Q8, 39, 70)).isEmpty();
                assertThat(cache.find("c", WeightFormat.Q8, 40, 70)).isEmpty();
                assertThat(other.find("a", WeightFormat.Q8, 40, 70)).isEmpty();
            }
        }
    }

    /** Whatever byte is changed, and wherever the file is cut, the weights must come from their source again. */
    @ParameterizedTest
    @ValueSource(ints = {0, 7, 8, 12, 15, 16, 20, 60, 200, 4096, 5000, 9000, -1, -2000})
    void damageNeverShowsInWeights(int place) throws IOException {
        try (Arena arena = Arena.ofShared()) {
            save(arena, WeightFormat.Q4);
            byte[] bytes = Files.readAllBytes(file());
            int index = place < 0 ? bytes.length + place : place;
            byte[] flipped = bytes.clone();
            flipped[index] ^= 0x40;
            Files.write(file(), flipped);
            assertNothingWrong(arena);
            Files.write(file(), Arrays.copyOf(bytes, index));
            assertNothingWrong(arena);
        }
    }

    /** A matrix that is found is the right one: padding may change, weights may not. */
    private void assertNothingWrong(Arena arena) {
        try (PackCache cache = PackCache.open(folder, "model", 2)) {
            cache.find("a", WeightFormat.Q4, 40, 70)
                    .ifPresent(found -> assertThat(found.data()
                                    .mismatch(matrix(arena, WeightFormat.Q4, 40, 70)
                                            .data()))
                            .isEqualTo(-1));
            cache.find("b", WeightFormat.Q4, 100, 33)
                    .ifPresent(found -> assertThat(found.data()
                                    .mismatch(matrix(arena, WeightFormat.Q4, 100, 33)
                                            .data()))
                            .isEqualTo(-1));
        }
    }

    @Test
    void aFolderThatCannotBeWrittenIsNoFailure() throws IOException {
        Path occupied = Files.createFile(folder.resolve("occupied"));
        try (Arena arena = Arena.ofShared();
                PackCache cache = PackCache.open(occupied.resolve("packs"), "model", 1)) {
            cache.put("a", matrix(arena, WeightFormat.BF16, 8, 8));
            cache.save();
        }
        assertThat(occupied).isEmptyFile();
    }
}
