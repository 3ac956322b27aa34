package dev.gorgon.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.adapter.AdapterSlot;
import dev.gorgon.engine.backend.cpu.CpuBackend;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.EngineOptions;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.Generation;
import dev.gorgon.engine.schedule.GenerationException;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.engine.speculate.Drafter;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.WeightFormat;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Adapters come and go at random, clients leave at random, blocks are short, prefixes are shared: every answer is that of its own
 * adapter, bit by bit, and at the end everything is given back.
 */
class AdapterStressTest {

    private static final int COUNT = 24;
    private static final int ROUNDS = 4;
    private static final EngineOptions SMALL = new EngineOptions(8, 48, 24, 16, 8, false, false);

    /** One submitted item. */
    private static final class Run implements GenerationListener {
        final int item;
        final List<Integer> ids = new ArrayList<>();
        final List<Integer> bits = new ArrayList<>();
        final CompletableFuture<Completion> done = new CompletableFuture<>();

        Run(int item) {
            this.item = item;
        }

        @Override
        public void onToken(TokenEvent token) {
            ids.add(token.id());
            bits.add(Float.floatToRawIntBits(token.logprob()));
        }

        @Override
        public void onFinish(Completion completion) {
            done.complete(completion);
        }

        @Override
        public void onFailure(GenerationException failure) {
            done.completeExceptionally(failure);
        }
    }

    @Test
    void everyAnswerIsThatOfItsAdapter() throws Exception {
        List<Workload.Item> items = Workload.items(COUNT);
        List<Workload.Answer> expected;
        try (TestEngine plain = new TestEngine(
                WeightFormat.F32,
                1,
                new EngineOptions(1, 512, 0, 400, 8, false, false).withPrefixCaching(false),
                "",
                Drafter.NONE)) {
            expected = Workload.alone(plain, items).stream()
                    .map(Workload.Answer::of)
                    .toList();
        }
        SplittableRandom random = new SplittableRandom(11);
        Map<String, FakeSlot> slots = new HashMap<>();
        try (TestEngine engine = new TestEngine(
                new CpuBackend(KernelProviders.select("auto"), WeightFormat.F32, 1),
                SMALL,
                made -> Optional.of(AdapterSlot.resident(made.adapter("stheno-8m-medusa"))),
                Drafter.NONE)) {
            for (String name : Workload.ADAPTERS) {
                if (!name.isEmpty()) {
                    slots.put(name, new FakeSlot("identity of " + name, engine.adapter(name)));
                }
            }
            List<Run> kept = new ArrayList<>();
            List<Generation> leaving = new ArrayList<>();
            for (int i = 0; i < COUNT * ROUNDS; i++) {
                Run run = new Run(random.nextInt(COUNT));
                Generation generation = engine.submit(request(items.get(run.item), engine, slots), run);
                if (random.nextInt(6) == 0) {
                    leaving.add(generation);
                } else {
                    kept.add(run);
                }
            }
            int evictions = 0;
            while (!kept.stream().allMatch(run -> run.done.isDone())) {
                for (FakeSlot slot : slots.values()) {
                    if (slot.isAwaited()) {
                        slot.load();
                    } else if (random.nextInt(3) == 0) {
                        evictions += slot.evict() ? 1 : 0;
                    }
                }
                if (!leaving.isEmpty() && random.nextInt(3) == 0) {
                    leaving.removeLast().cancel();
                }
                Thread.sleep(1);
            }
            leaving.forEach(Generation::cancel);
            for (Run run : kept) {
                run.done.get(1, TimeUnit.SECONDS);
                int[] ids = run.ids.stream().mapToInt(Integer::intValue).toArray();
                int[] bits = run.bits.stream().mapToInt(Integer::intValue).toArray();
                assertThat(new Workload.Answer(ids, bits).same(expected.get(run.item)))
                        .as("%s", items.get(run.item))
                        .isTrue();
            }
            SlotEngine.await(() -> engine.engine().adapterLoads().isEmpty());
            var stats = engine.engine().stats();
            assertThat(stats.usedBlocks()).isZero();
            assertThat(stats.preemptions()).isPositive();
            assertThat(stats.prefix().hitTokens()).isPositive();
            assertThat(stats.prefix().evictions()).isPositive();
            assertThat(evictions).isGreaterThan(5);
            assertThat(slots.values()).allMatch(slot -> slot.open() == 0 && slot.closedTwice() == 0);
        }
    }

    private static GenerateRequest request(Workload.Item item, TestEngine engine, Map<String, FakeSlot> slots) {
        GenerateRequest plain = item.on(engine, false);
        return new GenerateRequest(
                plain.promptTokens(),
                item.adapter().isEmpty() ? AdapterSelection.BASE : AdapterSelection.of(slots.get(item.adapter())),
                plain.sampling(),
                plain.maxNewTokens(),
                plain.stopSequences(),
                plain.ignoreEos(),
                plain.promptLogprobs(),
                plain.alternatives(),
                plain.speculativeTokens());
    }
}
