package dev.gorgon.engine.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gorgon.engine.backend.Activations;
import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.EmbeddingTable;
import dev.gorgon.engine.backend.EmbeddingTerm;
import dev.gorgon.engine.backend.Matrix;
import dev.gorgon.engine.tensor.DType;
import dev.gorgon.engine.tensor.Tensor;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.WeightFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Changes of embeddings: what they add, and that neither rows nor threads show. */
class EmbeddingShareTest {

    private static final int VOCABULARY = 50;
    private static final int HIDDEN = 106;
    private static final int ROWS = 75;
    private static final int[] TOKENS =
            new SplittableRandom(1).ints(ROWS, 0, VOCABULARY).toArray();

    static List<String> providers() {
        return KernelProviders.available();
    }

    /** Adds a term of rank 6 from row 3 on and one of rank 4 to the rows before, to rows {@code first} to {@code end} of all. */
    private static float[][] compute(String kernels, WeightFormat format, int threads, int first, int end) {
        try (Arena arena = Arena.ofShared();
                Backend backend = new CpuBackend(KernelProviders.select(kernels), format, threads);
                Backend.Memory memory = backend.memory()) {
            Activations x = memory.activations(end - first, HIDDEN);
            int[] tokens = new int[end - first];
            for (int row = first; row < end; row++) {
                memory.copy(tensor(arena, 1, HIDDEN, 100 + row), x.rows(row - first, row - first + 1));
                tokens[row - first] = TOKENS[row];
            }
            int border = Math.clamp(3 - first, 0, end - first);
            List<EmbeddingTerm> terms =
                    List.of(term(memory, arena, 4, 0, border), term(memory, arena, 6, border, end - first));
            backend.run(ops -> ops.addToEmbeddings(terms, tokens, x));
            float[][] rows = new float[end - first][];
            for (int row = 0; row < rows.length; row++) {
                rows[row] = memory.hostView(x, row).toArray(ValueLayout.JAVA_FLOAT);
            }
            return rows;
        }
    }

    private static EmbeddingTerm term(Backend.Memory memory, Arena arena, int rank, int firstRow, int endRow) {
        EmbeddingTable down = memory.embeddings(tensor(arena, VOCABULARY, rank, 2));
        Matrix up = memory.matrix(HIDDEN, rank);
        memory.fill(up, 0, tensor(arena, HIDDEN, rank, 3), 0.5f);
        return new EmbeddingTerm(down, up, firstRow, endRow);
    }

    private static Tensor tensor(Arena arena, int rows, int columns, long seed) {
        MemorySegment data = arena.allocate(4L * rows * columns, 64);
        SplittableRandom random = new SplittableRandom(seed);
        for (long i = 0; i < (long) rows * columns; i++) {
            data.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble(-1, 1));
        }
        return new Tensor(DType.F32, List.of((long) rows, (long) columns), data);
    }

    @ParameterizedTest
    @MethodSource("providers")
    void rowsAndThreadsDoNotShow(String kernels) {
        for (WeightFormat format : new WeightFormat[] {WeightFormat.F32, WeightFormat.BF16}) {
            float[][] together = compute(kernels, format, 3, 0, ROWS);
            assertThat(compute(kernels, format, 1, 0, ROWS)).isDeepEqualTo(together);
            for (int row : new int[] {0, 3, 31, 32, 35, ROWS - 1}) {
                assertThat(compute(kernels, format, 2, row, row + 1)[0]).isEqualTo(together[row]);
            }
            assertThat(compute(kernels, format, 2, 2, 60)[40]).isEqualTo(together[42]);
        }
    }

    @Test
    void whatIsAddedIsTheProduct() {
        float[][] actual = compute("auto", WeightFormat.F32, 2, 0, ROWS);
        try (Arena arena = Arena.ofConfined()) {
            for (int row = 0; row < ROWS; row++) {
                int rank = row < 3 ? 4 : 6;
                Tensor down = tensor(arena, VOCABULARY, rank, 2);
                Tensor up = tensor(arena, HIDDEN, rank, 3);
                Tensor x = tensor(arena, 1, HIDDEN, 100 + row);
                for (int i = 0; i < HIDDEN; i++) {
                    double expected = x.at(i);
                    for (int r = 0; r < rank; r++) {
                        expected += 0.5 * up.at((long) i * rank + r) * down.at((long) TOKENS[row] * rank + r);
                    }
                    assertThat((double) actual[row][i]).isCloseTo(expected, within(1e-5));
                }
            }
        }
    }
}
