package dev.gorgon.engine.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.backend.Activations;
import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.LowRankMatrix;
import dev.gorgon.engine.backend.LowRankTerm;
import dev.gorgon.engine.backend.Matrix;
import dev.gorgon.engine.backend.Norm;
import dev.gorgon.engine.backend.ResidualBlock;
import dev.gorgon.engine.tensor.DType;
import dev.gorgon.engine.tensor.Tensor;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.WeightFormat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Matrices large enough to be handed out in pieces, and rows enough to be normed and packed together: what the small models of the
 * other tests do not reach. One row alone on one thread gives the bits of many rows on several.
 */
class LargeOperationsTest {

    private static final int HIDDEN = 1024;
    /** Of 66 blocks: more than a piece of each format, and no multiple of one. */
    private static final int WIDTH = 66 * 32 * 4;

    private static final int ROWS = 40;

    /** Norm and linear, norm and gated linear, both with low-rank changes too, and a residual block, of some rows from {@code first} on. */
    private static float[][] compute(WeightFormat format, int threads, int first, int rows) {
        try (Arena arena = Arena.ofShared();
                Backend backend = new CpuBackend(KernelProviders.select("auto"), format, threads);
                Backend.Memory memory = backend.memory()) {
            Matrix gateUp = base(memory, arena, "gateUp", 2 * WIDTH, 1);
            Matrix square = memory.matrix(HIDDEN, HIDDEN);
            memory.fill(square, 0, tensor(arena, HIDDEN, HIDDEN, 2), 1f);
            Norm norm = new Norm(memory.vector(tensor(arena, 1, HIDDEN, 3)), 1e-5f);
            Activations bias = memory.vector(tensor(arena, 1, HIDDEN, 4));
            Activations x = memory.activations(rows, HIDDEN);
            for (int row = 0; row < rows; row++) {
                memory.copy(tensor(arena, 1, HIDDEN, 100 + first + row), x.rows(row, row + 1));
            }
            Activations normed = memory.activations(rows, HIDDEN);
            Activations products = memory.activations(rows, 2 * WIDTH);
            Activations both = memory.activations(rows, 2 * WIDTH);
            Activations gated = memory.activations(rows, WIDTH);
            Activations added = memory.activations(rows, 2 * WIDTH);
            Activations gatedToo = memory.activations(rows, WIDTH);
            Activations residual = memory.activations(rows, HIDDEN);
            List<LowRankTerm> terms = terms(memory, arena, first, rows);
            Activations room = memory.activations(rows, HIDDEN);
            for (int turn = 0; turn < 3; turn++) {
                backend.run(ops -> {
                    ops.normLinear(x, norm, normed, gateUp, both, List.of());
                    ops.normGatedLinear(x, norm, normed, gateUp, products, gated, List.of());
                    ops.normLinear(x, norm, normed, gateUp, added, terms);
                    ops.normGatedLinear(x, norm, normed, gateUp, products, gatedToo, terms);
                    ops.residualBlocks(List.of(new ResidualBlock(square, bias, x, room, residual)));
                });
            }
            float[][] results = new float[rows][];
            for (int row = 0; row < rows; row++) {
                results[row] = concat(memory, row, both, gated, added, gatedToo, residual);
            }
            return results;
        }
    }

    private static float[] concat(Backend.Memory memory, int row, Activations... parts) {
        float[] all = new float[6 * WIDTH + HIDDEN];
        int at = 0;
        for (Activations part : parts) {
            float[] values = memory.hostView(part, row).toArray(ValueLayout.JAVA_FLOAT);
            System.arraycopy(values, 0, all, at, values.length);
            at += values.length;
        }
        return all;
    }

    /** Of rows 0 to 3, 6 to 24 and 30 on, counted from {@code -first}: each run has its own change, of one or both maps. */
    private static List<LowRankTerm> terms(Backend.Memory memory, Arena arena, int first, int rows) {
        List<LowRankTerm> terms = new ArrayList<>();
        int[][] runs = {{0, 4}, {6, 25}, {30, ROWS}};
        for (int i = 0; i < runs.length; i++) {
            int from = Math.max(0, runs[i][0] - first);
            int to = Math.min(rows, runs[i][1] - first);
            if (from < to) {
                int rank = 3 + 5 * i;
                List<LowRankMatrix.Part> parts = i == 1
                        ? List.of(new LowRankMatrix.Part(rank, WIDTH, WIDTH))
                        : List.of(
                                new LowRankMatrix.Part(rank, WIDTH, 0), new LowRankMatrix.Part(rank + 1, WIDTH, WIDTH));
                LowRankMatrix change = memory.lowRank(HIDDEN, parts);
                for (int part = 0; part < parts.size(); part++) {
                    int seed = 200 + 10 * i + 2 * part;
                    assertThat(memory.fill(
                                    change,
                                    part,
                                    tensor(arena, rank + part, HIDDEN, seed),
                                    tensor(arena, WIDTH, rank + part, seed + 1),
                                    0.5f))
                            .isTrue();
                }
                terms.add(new LowRankTerm(change, from, to));
            }
        }
        return terms;
    }

    private static Matrix base(Backend.Memory memory, Arena arena, String name, int outputs, long seed) {
        return memory.baseMatrix(
                name,
                Backend.MatrixRole.LAYER,
                outputs,
                HIDDEN,
                matrix -> assertThat(memory.fill(matrix, 0, tensor(arena, outputs, HIDDEN, seed), 1f))
                        .isTrue());
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
    @EnumSource(WeightFormat.class)
    void rowsAndThreadsDoNotShow(WeightFormat format) {
        float[][] together = compute(format, 3, 0, ROWS);
        assertThat(compute(format, 2, 0, ROWS)).isDeepEqualTo(together);
        for (int row : new int[] {0, 17, ROWS - 1}) {
            assertThat(compute(format, 1, row, 1)[0]).isEqualTo(together[row]);
        }
        assertThat(compute(format, 2, 5, 9)[3]).isEqualTo(together[8]);
    }
}
