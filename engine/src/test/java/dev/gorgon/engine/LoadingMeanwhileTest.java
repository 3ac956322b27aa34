package dev.gorgon.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.adapter.Adapter;
import dev.gorgon.engine.adapter.AdapterException;
import dev.gorgon.engine.adapter.AdapterLoader;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.TokenEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * While adapters are loaded, and while that fails, everybody else gets a token from every single step, and steps go on. Told by
 * counts of steps, not by time: a load does not end before it has seen the engine go on.
 */
class LoadingMeanwhileTest {

    private static final List<String> ADAPTERS = List.of(
            "stheno-8m-pirate-lora", "stheno-8m-json-lora", "stheno-8m-terse-lora", "stheno-8m-pirate-lora-medusa");
    private static final int LOADS = 50;
    private static final int FAILURES = 20;

    @TempDir
    Path damaged;

    /** Generates without end, and notes how many steps lay between one token and the next. */
    private static final class Endless extends SlotEngine.Request {
        private final SlotEngine engine;
        private final Queue<Long> gaps;
        private final AtomicBoolean enough;
        private long last;

        Endless(SlotEngine engine, Queue<Long> gaps, AtomicBoolean enough) {
            engine.super();
            this.engine = engine;
            this.gaps = gaps;
            this.enough = enough;
        }

        @Override
        public void onToken(TokenEvent token) {
            super.onToken(token);
            long now = engine.backend.programs();
            if (last > 0) {
                gaps.add(now - last);
            }
            last = now;
        }

        @Override
        public void onFinish(Completion completion) {
            super.onFinish(completion);
            if (!enough.get()) {
                engine.submit(AdapterSelection.BASE, 10, 500, new Endless(engine, gaps, enough));
            }
        }
    }

    @Test
    void everyStepBringsATokenWhileAdaptersAreLoaded() throws IOException {
        Files.writeString(damaged.resolve("adapter_config.json"), "{\"peft_type\":\"LORA\",\"r\":8,\"lora_alpha\":8}");
        Files.writeString(damaged.resolve("adapter_model.safetensors"), "not what it should be");
        Queue<Long> gaps = new ConcurrentLinkedQueue<>();
        AtomicBoolean enough = new AtomicBoolean();
        List<Adapter> loaded = new ArrayList<>();
        try (SlotEngine engine = new SlotEngine(SlotEngine.options(8, 200))) {
            engine.backend.open();
            engine.submit(AdapterSelection.BASE, 10, 500, new Endless(engine, gaps, enough));
            AdapterLoader loader =
                    new AdapterLoader(engine.engine.model().decoder().config(), engine.backend);
            List<SlotEngine.Request> served = new ArrayList<>();
            List<SlotEngine.Request> refused = new ArrayList<>();
            for (int i = 0; i < LOADS + FAILURES; i++) {
                boolean fails = i % 7 == 2 || i % 7 == 5;
                String name = ADAPTERS.get(i % ADAPTERS.size());
                FakeSlot slot = engine.slot("adapter " + i, name);
                (fails ? refused : served).add(engine.submit(slot, 12, 3));
                SlotEngine.await(() -> slot.requests() == 1);
                long before = engine.backend.programs();
                SlotEngine.await(() -> engine.backend.programs() > before + 2);
                try {
                    Adapter adapter = loader.load(slot.identity(), fails ? damaged : DemoFolders.folder(name));
                    loaded.add(adapter);
                    slot.load(adapter);
                } catch (AdapterException e) {
                    slot.fail(e);
                }
                long after = engine.backend.programs();
                SlotEngine.await(() -> engine.backend.programs() > after + 2);
            }
            assertThat(served).hasSize(LOADS);
            assertThat(refused).hasSize(FAILURES);
            served.forEach(request ->
                    assertThat(request.completion().generatedTokens()).isEqualTo(3));
            refused.forEach(request -> assertThat(request.failure()).hasCauseInstanceOf(AdapterException.class));
            enough.set(true);
            engine.assertAllGivenBack();
            assertThat(gaps).hasSizeGreaterThan(4 * (LOADS + FAILURES)).containsOnly(1L);
        } finally {
            loaded.forEach(Adapter::close);
        }
    }

    /** A load that takes longer than a whole generation of somebody else. */
    @Test
    void aLoadThatDoesNotEndHoldsUpNobody() {
        try (SlotEngine engine = new SlotEngine(SlotEngine.options(2, 100))) {
            engine.backend.open();
            List<FakeSlot> stuck = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                stuck.add(engine.slot("stuck " + i, ADAPTERS.get(i % ADAPTERS.size())));
                engine.submit(stuck.getLast(), 12, 3);
            }
            FakeSlot late = engine.slot("late", ADAPTERS.getFirst());
            for (int i = 0; i < 10; i++) {
                assertThat(engine.submit(AdapterSelection.BASE, 12, 30)
                                .completion()
                                .generatedTokens())
                        .isEqualTo(30);
            }
            SlotEngine.Request passing = engine.submit(late, 12, 3);
            SlotEngine.await(() -> late.requests() == 1);
            late.load();
            passing.completion();
            assertThat(stuck).allMatch(slot -> slot.requests() == 1 && slot.acquired() == 0);
            stuck.forEach(FakeSlot::load);
            engine.assertAllGivenBack();
        }
    }
}
