package dev.gorgon.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.backend.KvStorage;
import dev.gorgon.engine.schedule.EngineOptions;
import dev.gorgon.engine.speculate.Drafter;
import dev.gorgon.engine.speculate.PromptLookup;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.WeightFormat;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever is drafted, batched, chunked, preempted or computed by however many threads: tokens and logprobs are those of plain
 * decoding, one sequence at a time on one thread, to the last bit (spec medusa.md §6.5). For all kernels and instruction sets that
 * run here.
 */
@ParameterizedClass
@MethodSource("providers")
class ExactnessTest {

    private static final int COUNT = 24;
    private static final List<Workload.Item> ITEMS = Workload.items(COUNT);
    private static final Map<String, List<TestEngine.Result>> PLAIN = new HashMap<>();

    /** Name of the kernels. */
    @Parameter
    String kernels = "";

    static List<String> providers() {
        return KernelProviders.available().stream()
                .filter(name -> !name.equals("scalar"))
                .toList();
    }

    private static EngineOptions options(int maxRunning, int stepRows, int draftRows, int blocks) {
        return new EngineOptions(maxRunning, stepRows, draftRows, blocks, 8, false, false);
    }

    private TestEngine engine(
            WeightFormat format, int threads, EngineOptions options, String defaultAdapter, Drafter drafter) {
        return new TestEngine(kernels, format, threads, options, defaultAdapter, drafter);
    }

    /** Decodes one sequence at a time on one thread, once per provider and format. */
    private List<TestEngine.Result> plain(WeightFormat format) {
        return PLAIN.computeIfAbsent(kernels + " " + format, key -> {
            try (TestEngine engine =
                    engine(format, 1, options(1, 512, 0, 400).withPrefixCaching(false), "", Drafter.NONE)) {
                return Workload.alone(engine, ITEMS);
            }
        });
    }

    /** Prompt and answer of every plain run, for drafters that know the future. */
    private List<int[]> known(WeightFormat format) {
        List<int[]> known = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            int[] prompt = ITEMS.get(i).prompt();
            int[] answer = plain(format).get(i).ids();
            known.add(IntStream.concat(Arrays.stream(prompt), Arrays.stream(answer))
                    .toArray());
        }
        return known;
    }

    private void assertPlain(WeightFormat format, List<TestEngine.Result> results) {
        for (int i = 0; i < COUNT; i++) {
            Workload.Answer expected = Workload.Answer.of(plain(format).get(i));
            Workload.Answer actual = Workload.Answer.of(results.get(i));
            assertThat(actual.ids()).as("tokens of %s", ITEMS.get(i)).isEqualTo(expected.ids());
            assertThat(actual.logprobBits()).as("logprobs of %s", ITEMS.get(i)).isEqualTo(expected.logprobBits());
            assertThat(results.get(i).streamed()).isEqualTo(plain(format).get(i).streamed());
            assertThat(results.get(i).events().stream()
                            .map(event -> event.alternatives())
                            .toList())
                    .isEqualTo(plain(format).get(i).events().stream()
                            .map(event -> event.alternatives())
                            .toList());
        }
    }

    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void realHeadsInOneMixedBatch(WeightFormat format) {
        try (TestEngine engine = engine(
                format, 2, options(16, 128, 96, 400).withPrefixCaching(false), "stheno-8m-medusa", Drafter.NONE)) {
            assertPlain(format, Workload.together(engine, ITEMS));
            assertThat(engine.engine().stats().acceptedTokens()).isGreaterThan(100);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,16,BF16", "2,33,F32", "3,64,Q4", "4,17,Q8", "2,300,BF16"})
    void threadsAndChunkSizes(int threads, int stepRows, WeightFormat format) {
        try (TestEngine engine =
                engine(format, threads, options(16, stepRows, 8, 400), "stheno-8m-medusa", Drafter.NONE)) {
            assertPlain(format, Workload.together(engine, ITEMS));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 16})
    void batchSizes(int running) {
        try (TestEngine engine =
                engine(WeightFormat.BF16, 2, options(running, 64, 32, 400), "stheno-8m-medusa-v1", Drafter.NONE)) {
            assertPlain(WeightFormat.BF16, Workload.together(engine, ITEMS));
        }
    }

    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void oracleDraftsAreAcceptedAndChangeNothing(WeightFormat format) {
        try (TestEngine engine = engine(format, 2, options(8, 128, 96, 400), "", TestDrafters.oracle(known(format)))) {
            assertPlain(format, Workload.together(engine, ITEMS));
            var stats = engine.engine().stats();
            assertThat(stats.acceptedTokens()).isGreaterThan(stats.emittedTokens() / 2);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 5})
    void draftsThatAreWrongAtOneDepth(int depth) {
        try (TestEngine engine = engine(
                WeightFormat.BF16,
                2,
                options(8, 128, 96, 400),
                "",
                TestDrafters.wrongAt(known(WeightFormat.BF16), depth))) {
            assertPlain(WeightFormat.BF16, Workload.together(engine, ITEMS));
        }
    }

    @ParameterizedTest
    @CsvSource({"1,BF16", "2,F32", "3,Q8", "4,Q4"})
    void randomTrees(long seed, WeightFormat format) {
        try (TestEngine engine =
                engine(format, 2, options(8, 200, 180, 400), "", TestDrafters.randomTrees(known(format), seed))) {
            assertPlain(format, Workload.together(engine, ITEMS));
            assertThat(engine.engine().stats().acceptedTokens()).isGreaterThan(50);
        }
    }

    @Test
    void promptLookup() {
        try (TestEngine engine = engine(WeightFormat.BF16, 2, options(8, 128, 96, 400), "", new PromptLookup())) {
            assertPlain(WeightFormat.BF16, Workload.together(engine, ITEMS));
            assertThat(engine.engine().stats().acceptedTokens()).isPositive();
        }
    }

    /** Sequences that begin alike share keys and values, computed in other batches, chunks and drafts than their own. */
    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void sharedPrefixes(WeightFormat format) {
        try (TestEngine engine =
                engine(format, 2, options(8, 100, 80, 400), "", TestDrafters.randomTrees(known(format), 7))) {
            assertPlain(format, Workload.together(engine, ITEMS));
            List<TestEngine.Result> again = Workload.together(engine, ITEMS);
            assertPlain(format, again);
            assertThat(again)
                    .allSatisfy(result -> assertThat(result.completion().cachedPromptTokens())
                            .isEqualTo((result.completion().promptTokens() - 1) / KvStorage.BLOCK * KvStorage.BLOCK));
            assertThat(engine.engine().stats().prefix().hitTokens()).isPositive();
        }
    }

    /** The same with a cache so small that blocks are given up all the time, and sequences with them. */
    @Test
    void sharedPrefixesUnderPressure() {
        try (TestEngine engine =
                engine(WeightFormat.BF16, 2, options(12, 64, 48, 22), "stheno-8m-medusa", Drafter.NONE)) {
            for (int round = 0; round < 3; round++) {
                assertPlain(WeightFormat.BF16, Workload.together(engine, ITEMS));
            }
            assertThat(engine.engine().stats().prefix().hitTokens()).isPositive();
            assertThat(engine.engine().stats().prefix().evictions()).isPositive();
            assertThat(engine.engine().stats().preemptions()).isPositive();
        }
    }

    /** A cache too small for all makes sequences give their blocks back and start again. */
    @Test
    void preemption() {
        try (TestEngine engine =
                engine(WeightFormat.BF16, 2, options(12, 64, 48, 22), "stheno-8m-medusa", Drafter.NONE)) {
            assertPlain(WeightFormat.BF16, Workload.together(engine, ITEMS));
            assertThat(engine.engine().stats().preemptions()).isPositive();
        }
    }

    /** Keys and values left in the cache by accepted drafts are those of sequential decoding. */
    @ParameterizedTest
    @EnumSource(WeightFormat.class)
    void storedKeysAndValues(WeightFormat format) {
        Workload.Item item = ITEMS.get(0);
        int slots = item.prompt().length + item.maxNewTokens() - 1;
        int[] blocks = IntStream.range(0, slots / KvStorage.BLOCK + 1).toArray();
        long[] expected;
        try (TestEngine engine = engine(format, 1, options(1, 512, 0, 40), "", Drafter.NONE)) {
            engine.run(item.on(engine, false));
            expected = fingerprints(engine, blocks, slots);
        }
        for (int seed = 0; seed < 5; seed++) {
            try (TestEngine engine =
                    engine(format, 2, options(1, 16, 15, 40), "", TestDrafters.randomTrees(known(format), seed))) {
                engine.run(item.on(engine, false));
                assertThat(engine.engine().stats().acceptedTokens()).isPositive();
                assertThat(fingerprints(engine, blocks, slots)).isEqualTo(expected);
            }
        }
    }

    private static long[] fingerprints(TestEngine engine, int[] blocks, int slots) {
        KvStorage storage = engine.model().decoder().storage();
        return IntStream.range(0, slots)
                .mapToLong(slot -> storage.fingerprint(blocks, slot))
                .toArray();
    }

    @Test
    void promptLogprobsDoNotDependOnChunks() {
        Workload.Item item = ITEMS.get(7);
        List<Integer> expected = null;
        for (int stepRows : new int[] {512, 16, 37}) {
            try (TestEngine engine = engine(WeightFormat.F32, 2, options(4, stepRows, 0, 200), "", Drafter.NONE)) {
                TestEngine.Result result = engine.run(item.on(engine, true));
                List<Integer> bits = result.prompt().stream()
                        .map(token -> Float.floatToRawIntBits(token.logprob()))
                        .toList();
                assertThat(bits).hasSize(item.prompt().length);
                assertThat(result.prompt().getFirst().logprob()).isNaN();
                expected = expected == null ? bits : expected;
                assertThat(bits).isEqualTo(expected);
            }
        }
    }
}
