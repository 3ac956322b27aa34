package dev.gorgon.kernels;

import static dev.gorgon.kernels.TestData.assertSameBits;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class AttentionTest {

    private static final int HEADS = 3;
    private final Kernels scalar = KernelProviders.select("scalar");

    /** A cache with shuffled blocks that holds {@code positions} positions in order of slots. */
    private static KvPages cache(
            Arena arena, SplittableRandom random, KvLayout layout, FloatMatrix keys, FloatMatrix values) {
        int count = (keys.rows() + KvLayout.BLOCK - 1) / KvLayout.BLOCK;
        int[] blocks = new int[count];
        for (int i = 0; i < count; i++) {
            blocks[i] = i;
        }
        for (int i = count - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swap = blocks[i];
            blocks[i] = blocks[j];
            blocks[j] = swap;
        }
        MemorySegment memory = arena.allocate(layout.pageBytes() * count, 64);
        memory.fill((byte) 0xFF); // NaN everywhere: what was not written must not be used
        KvPages pages = new KvPages(layout, memory.address(), layout.pageBytes(), blocks);
        for (int slot = 0; slot < keys.rows(); slot++) {
            layout.store(pages.page(slot), slot % KvLayout.BLOCK, keys.address(slot), values.address(slot));
        }
        return pages;
    }

    private static FloatMatrix scratch(Arena arena) {
        return FloatMatrix.allocate(arena, 1, Kernels.attentionScratch(400));
    }

    @ParameterizedTest
    @CsvSource({"64,BF16,0", "64,F32,0", "32,BF16,7", "128,F32,20", "12,BF16,0", "96,BF16,33", "80,F32,0", "40,BF16,11"
    })
    void equalsTheScalarTwinForPrefillChainsAndWindows(int headDim, WeightFormat format, int window) {
        TestData.providers().forEach(kernels -> prefillAndChains(kernels, headDim, format, window));
    }

    private void prefillAndChains(Kernels kernels, int headDim, WeightFormat format, int window) {
        SplittableRandom random = new SplittableRandom(headDim);
        KvLayout layout = new KvLayout(headDim, format);
        try (Arena arena = Arena.ofConfined()) {
            for (int length : new int[] {1, 5, 16, 17, 48, 100}) {
                FloatMatrix keys = TestData.random(arena, random, length, headDim);
                FloatMatrix values = TestData.random(arena, random, length, headDim);
                KvPages pages = cache(arena, random, layout, keys, values);
                for (int rows : new int[] {1, 2, 4, 5, 14}) {
                    if (rows > length) {
                        continue;
                    }
                    int[] positions = new int[rows];
                    for (int r = 0; r < rows; r++) {
                        positions[r] = length - rows + r;
                    }
                    FloatMatrix queries = TestData.random(arena, random, rows, HEADS * headDim);
                    RowContexts contexts = new RowContexts(positions, length - rows, null);
                    FloatMatrix expected = FloatMatrix.allocate(arena, rows, HEADS * headDim);
                    FloatMatrix actual = FloatMatrix.allocate(arena, rows, HEADS * headDim);
                    scalar.attend(task(pages, queries, expected, contexts, window), scratch(arena));
                    kernels.attend(task(pages, queries, actual, contexts, window), scratch(arena));
                    assertSameBits(actual, expected);
                    for (int r = 0; r < rows; r++) {
                        FloatMatrix alone = FloatMatrix.allocate(arena, 1, HEADS * headDim);
                        RowContexts one = new RowContexts(new int[] {positions[r]}, length - rows, null);
                        kernels.attend(task(pages, queries.rows(r, r + 1), alone, one, window), scratch(arena));
                        assertSameBits(alone, expected.rows(r, r + 1));
                    }
                }
            }
        }
    }

    private static Attention task(KvPages pages, FloatMatrix q, FloatMatrix out, RowContexts contexts, int window) {
        return new Attention(pages, q, out, 0, HEADS, contexts, window, 0.125f);
    }

    /** Rows of random trees give the bits of the same tokens decoded one after the other. */
    @ParameterizedTest
    @EnumSource(
            value = WeightFormat.class,
            names = {"F32", "BF16"})
    void treeRowsEqualSequentialRows(WeightFormat format) {
        TestData.providers().forEach(kernels -> trees(kernels, format));
    }

    private void trees(Kernels kernels, WeightFormat format) {
        int headDim = 64;
        KvLayout layout = new KvLayout(headDim, format);
        SplittableRandom random = new SplittableRandom(11);
        try (Arena arena = Arena.ofConfined()) {
            for (int trial = 0; trial < 40; trial++) {
                int prefix = random.nextInt(40);
                int rows = 1 + random.nextInt(12);
                FloatMatrix keys = TestData.random(arena, random, prefix + rows, headDim);
                FloatMatrix values = TestData.random(arena, random, prefix + rows, headDim);
                FloatMatrix queries = TestData.random(arena, random, rows, HEADS * headDim);
                int[][] paths = new int[rows][];
                int[] positions = new int[rows];
                for (int r = 0; r < rows; r++) {
                    int[] parent = r == 0 ? new int[0] : paths[random.nextInt(r)];
                    paths[r] = java.util.Arrays.copyOf(parent, parent.length + 1);
                    paths[r][parent.length] = prefix + r;
                    positions[r] = prefix + parent.length;
                }
                KvPages pages = cache(arena, random, layout, keys, values);
                FloatMatrix tree = FloatMatrix.allocate(arena, rows, HEADS * headDim);
                int window = trial % 3 == 0 ? 9 : 0;
                kernels.attend(
                        task(pages, queries, tree, new RowContexts(positions, prefix, paths), window), scratch(arena));
                FloatMatrix twin = FloatMatrix.allocate(arena, rows, HEADS * headDim);
                scalar.attend(
                        task(pages, queries, twin, new RowContexts(positions, prefix, paths), window), scratch(arena));
                assertSameBits(tree, twin);
                for (int r = 0; r < rows; r++) {
                    int length = prefix + paths[r].length;
                    FloatMatrix k = FloatMatrix.allocate(arena, length, headDim);
                    FloatMatrix v = FloatMatrix.allocate(arena, length, headDim);
                    for (int p = 0; p < length; p++) {
                        int slot = p < prefix ? p : paths[r][p - prefix];
                        k.copyRow(keys, slot, p);
                        v.copyRow(values, slot, p);
                    }
                    FloatMatrix sequential = FloatMatrix.allocate(arena, 1, HEADS * headDim);
                    RowContexts context = new RowContexts(new int[] {length - 1}, length - 1, null);
                    kernels.attend(
                            task(
                                    cache(arena, random, layout, k, v),
                                    queries.rows(r, r + 1),
                                    sequential,
                                    context,
                                    window),
                            scratch(arena));
                    assertSameBits(tree.rows(r, r + 1), sequential);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = WeightFormat.class,
            names = {"F32", "BF16"})
    void copyingAPositionKeepsItsBits(WeightFormat format) {
        KvLayout layout = new KvLayout(16, format);
        SplittableRandom random = new SplittableRandom(5);
        try (Arena arena = Arena.ofConfined()) {
            FloatMatrix row = TestData.random(arena, random, 2, 16);
            MemorySegment direct = arena.allocate(layout.pageBytes(), 64);
            layout.store(direct.address(), 3, row.address(0), row.address(1));
            MemorySegment from = arena.allocate(layout.pageBytes(), 64);
            layout.store(from.address(), 14, row.address(0), row.address(1));
            MemorySegment to = arena.allocate(layout.pageBytes(), 64);
            layout.copy(from.address(), 14, to.address(), 3);
            assertThat(to.mismatch(direct)).isEqualTo(-1);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = WeightFormat.class,
            names = {"F32", "BF16"})
    void allProvidersRotateAndStoreTheSame(WeightFormat format) {
        SplittableRandom random = new SplittableRandom(6);
        try (Arena arena = Arena.ofConfined()) {
            for (int headDim : new int[] {2, 12, 64, 80}) {
                KvLayout layout = new KvLayout(headDim, format);
                RopeTable table = RopeTable.create(arena, 60, frequencies(headDim / 2));
                FloatMatrix start = TestData.random(arena, random, 5, 7 * headDim);
                start.set(0, 6 * headDim + 1, Float.NaN);
                FloatMatrix expected = FloatMatrix.allocate(arena, 5, 7 * headDim);
                MemorySegment pages = rotateAndStore(scalar, arena, layout, table, start, expected);
                TestData.providers().forEach(kernels -> {
                    FloatMatrix actual = FloatMatrix.allocate(arena, 5, 7 * headDim);
                    MemorySegment own = rotateAndStore(kernels, arena, layout, table, start, actual);
                    assertSameBits(actual, expected);
                    assertThat(own.mismatch(pages)).isEqualTo(-1);
                });
            }
        }
    }

    /** Three query heads, two keys, two values; the second key/value head is taken, from slot 13 on. */
    private static MemorySegment rotateAndStore(
            Kernels kernels, Arena arena, KvLayout layout, RopeTable table, FloatMatrix start, FloatMatrix rows) {
        MemorySegment memory = arena.allocate(2 * layout.pageBytes(), 64);
        KvPages pages = new KvPages(layout, memory.address(), layout.pageBytes(), new int[] {1, 0});
        for (int row = 0; row < rows.rows(); row++) {
            rows.copyRow(start, row, row);
        }
        int dim = layout.headDim();
        kernels.rotateAndStore(
                new NewRows(pages, rows, dim, 2, 4 * dim, 6 * dim, new int[] {13, 14, 14, 15, 59}, 13), table);
        return memory;
    }

    private static float[] frequencies(int pairs) {
        float[] frequencies = new float[pairs];
        for (int i = 0; i < pairs; i++) {
            frequencies[i] = 1f / (1 + i);
        }
        return frequencies;
    }
}
