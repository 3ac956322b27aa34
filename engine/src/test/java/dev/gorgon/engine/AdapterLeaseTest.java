package dev.gorgon.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.adapter.AdapterException;
import dev.gorgon.engine.adapter.AdapterLease;
import dev.gorgon.engine.adapter.AdapterSlot;
import dev.gorgon.engine.adapter.AdapterUsage;
import dev.gorgon.engine.schedule.AdapterLoad;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.EngineOptions;
import dev.gorgon.engine.schedule.TokenEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Requests wait for an adapter's weights without holding anything, hold them while they run, and give them back once. */
class AdapterLeaseTest {

    private static final String PIRATE = "stheno-8m-pirate-lora";
    private static final String JSON = "stheno-8m-json-lora";

    private static SlotEngine engine() {
        return new SlotEngine(SlotEngine.options(4, 100));
    }

    @Test
    void waitingPinsNothing() {
        try (SlotEngine engine = new SlotEngine(SlotEngine.options(1, 100))) {
            FakeSlot running = engine.loaded(PIRATE);
            FakeSlot waiting = engine.loaded(JSON);
            engine.submit(running, 10, 20);
            engine.steps(2);
            List<SlotEngine.Request> requests = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                requests.add(engine.submit(waiting, 10, 3));
            }
            engine.steps(10);
            assertThat(waiting.acquired()).isZero();
            assertThat(engine.engine.engine().adapterLoads())
                    .containsExactlyInAnyOrder(
                            new AdapterLoad(running.identity(), PIRATE, 0, 1),
                            new AdapterLoad(waiting.identity(), JSON, 10, 0));
            // free to go while its requests wait
            assertThat(waiting.evict()).isTrue();
            assertThat(running.evict()).isFalse();
            engine.backend.open();
            SlotEngine.await(() -> waiting.requests() == 1);
            waiting.load();
            requests.forEach(SlotEngine.Request::completion);
            engine.assertAllGivenBack();
        }
    }

    @Test
    void arrivingWeightsWakeAnIdleEngine() {
        try (SlotEngine engine = engine()) {
            engine.backend.open();
            FakeSlot slot = engine.slot(PIRATE);
            List<SlotEngine.Request> requests = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                requests.add(engine.submit(slot, 10, 3));
            }
            SlotEngine.await(() -> slot.requests() == 1);
            engine.submit(AdapterSelection.BASE, 10, 5).completion();
            assertThat(slot.requests()).isEqualTo(1);
            slot.load();
            requests.forEach(request ->
                    assertThat(request.completion().generatedTokens()).isEqualTo(3));
            assertThat(slot.requests()).isEqualTo(1);
            assertThat(slot.usage().requests()).isEqualTo(5);
            assertThat(slot.usage().tokens()).isEqualTo(15);
            engine.assertAllGivenBack();
        }
    }

    @Test
    void failureEndsWhatWaitsForItAndNothingElse() {
        try (SlotEngine engine = engine()) {
            FakeSlot bad = engine.slot(PIRATE);
            FakeSlot good = engine.loaded(JSON);
            SlotEngine.Request other = engine.submit(good, 10, 20);
            List<SlotEngine.Request> hopeless = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                hopeless.add(engine.submit(bad, 10, 3));
            }
            engine.steps(3);
            assertThat(bad.requests()).isEqualTo(1);
            AdapterException reason =
                    new AdapterException(AdapterException.Code.INCOMPATIBLE_ADAPTER, "made for another model");
            bad.fail(reason);
            engine.steps(2);
            for (SlotEngine.Request request : hopeless) {
                assertThat(request.failure())
                        .hasMessage("made for another model")
                        .hasCause(reason);
            }
            assertThat(other.done).isNotDone();
            // a failure that is known is told at once, though all steps are held up and nothing was asked for again
            SlotEngine.Request late = engine.submit(bad, 10, 3);
            engine.steps(1);
            assertThat(late.failure()).hasCause(reason);
            assertThat(bad.requests()).isEqualTo(1);
            engine.backend.open();
            assertThat(other.completion().generatedTokens()).isEqualTo(20);
            engine.assertAllGivenBack();
        }
    }

    @Test
    void cancelledWhileWaitingForWeights() {
        try (SlotEngine engine = engine()) {
            engine.backend.open();
            FakeSlot slot = engine.slot(PIRATE);
            SlotEngine.Request request = engine.submit(slot, 10, 3);
            SlotEngine.await(() -> slot.requests() == 1);
            request.cancel();
            request.cancel();
            engine.assertAllGivenBack();
            slot.load();
            assertThat(engine.submit(slot, 10, 3).completion().generatedTokens())
                    .isEqualTo(3);
            assertThat(request.done).isNotDone();
            assertThat(slot.acquired()).isEqualTo(1);
            engine.assertAllGivenBack();
        }
    }

    @Test
    void shutdownWhileWaitingAndRunning() {
        SlotEngine engine = engine();
        FakeSlot absent = engine.slot(PIRATE);
        FakeSlot present = engine.loaded(JSON);
        SlotEngine.Request running = engine.submit(present, 10, 1000);
        SlotEngine.Request waiting = engine.submit(absent, 10, 3);
        engine.steps(3);
        assertThat(present.open()).isEqualTo(1);
        engine.close();
        assertThat(running.failure()).hasMessageContaining("shutting down");
        assertThat(waiting.failure()).hasMessageContaining("shutting down");
        absent.load();
        engine.assertAllGivenBack();
    }

    @Test
    void everyEndClosesTheLeaseOnce() {
        try (SlotEngine engine = engine()) {
            FakeSlot slot = engine.loaded(PIRATE);
            AdapterSelection adapter = AdapterSelection.of(slot);
            SlotEngine.Request inPrefill = engine.submit(adapter, 200, 3);
            engine.steps(1);
            assertThat(slot.open()).isEqualTo(1);
            inPrefill.cancel();
            SlotEngine.Request inDecode = engine.submit(adapter, 10, 50);
            engine.steps(4);
            assertThat(inDecode.tokens).isPositive();
            inDecode.cancel();
            SlotEngine.Request throwing = engine.submit(adapter, 10, 50, new Throwing(engine));
            engine.steps(2);
            assertThat(throwing.failure()).hasMessage("this listener fails");
            SlotEngine.Request failing = engine.submit(adapter, 10, 50);
            engine.steps(3);
            engine.backend.failNext();
            engine.backend.permit(1);
            assertThat(failing.failure()).hasMessage("this program fails");
            engine.backend.open();
            assertThat(engine.submit(adapter, 10, 4).completion().generatedTokens())
                    .isEqualTo(4);
            assertThat(slot.acquired()).isEqualTo(5);
            engine.assertAllGivenBack();
        }
    }

    private static final class Throwing extends SlotEngine.Request {
        Throwing(SlotEngine engine) {
            engine.super();
        }

        @Override
        public void onToken(TokenEvent token) {
            throw new IllegalStateException("this listener fails");
        }
    }

    /** Preempted sequences keep their leases: they wait for blocks only, so they always come back and end. */
    @Test
    void preemptedSequencesKeepTheirLeases() {
        try (SlotEngine engine = new SlotEngine(SlotEngine.options(8, 14))) {
            FakeSlot one = engine.loaded(PIRATE);
            FakeSlot other = engine.loaded(JSON);
            List<SlotEngine.Request> requests = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                requests.add(engine.submit(i % 2 == 0 ? one : other, 14, 60));
            }
            engine.backend.open();
            requests.forEach(request ->
                    assertThat(request.completion().generatedTokens()).isEqualTo(60));
            assertThat(engine.engine.engine().stats().preemptions()).isPositive();
            assertThat(one.usage().requests()).isEqualTo(6);
            assertThat(one.usage().tokens()).isEqualTo(360);
            engine.assertAllGivenBack();
        }
    }

    /** Whatever a slot does wrong stays with the requests that use it. */
    @Test
    void aBrokenSlotHurtsNobodyElse() {
        try (SlotEngine engine = engine()) {
            engine.backend.open();
            SlotEngine.Request broken = engine.submit(AdapterSelection.of(new BrokenSlot()), 10, 3);
            assertThat(broken.failure()).hasMessage("no answer from this slot");
            assertThat(engine.submit(AdapterSelection.BASE, 10, 3).completion().generatedTokens())
                    .isEqualTo(3);
            engine.assertAllGivenBack();
        }
    }

    private static final class BrokenSlot implements AdapterSlot {
        @Override
        public String identity() {
            return "broken";
        }

        @Override
        public String name() {
            return "broken";
        }

        @Override
        public Optional<AdapterLease> tryAcquire() {
            return Optional.empty();
        }

        @Override
        public void request(Runnable changed) {
            throw new IllegalStateException("no answer from this slot");
        }

        @Override
        public Optional<AdapterException> failure() {
            return Optional.empty();
        }

        @Override
        public AdapterUsage usage() {
            return new AdapterUsage();
        }
    }

    /** The default adapter's LoRA serves requests that name none, its heads draft for all; its weights are held like others. */
    @Test
    void theDefaultAdapterIsHeldToo() {
        EngineOptions options = new EngineOptions(4, 64, 32, 100, 8, false, false);
        List<FakeSlot> made = new ArrayList<>();
        try (SlotEngine engine = new SlotEngine(options, tests -> {
            FakeSlot slot = new FakeSlot("the default", tests.adapter("stheno-8m-pirate-lora-medusa"));
            slot.load();
            made.add(slot);
            return Optional.of(slot);
        })) {
            FakeSlot byDefault = made.getFirst();
            FakeSlot json = engine.loaded(JSON);
            for (AdapterSelection adapter :
                    List.of(AdapterSelection.DEFAULT, AdapterSelection.BASE, AdapterSelection.of(json))) {
                engine.submit(adapter, 10, 60);
            }
            // a step is two programs here, the second one for the heads; all run after the first step at the latest
            engine.backend.permit(4);
            SlotEngine.await(() -> engine.engine.engine().stats().running() == 3);
            assertThat(byDefault.open()).isEqualTo(3);
            assertThat(engine.engine.engine().adapterLoads())
                    .extracting(AdapterLoad::name)
                    .containsExactlyInAnyOrder("stheno-8m-pirate-lora-medusa", "", JSON);
            engine.backend.open();
            SlotEngine.await(() -> engine.ended().size() == 3);
            assertThat(engine.ended())
                    .allSatisfy(request ->
                            assertThat(request.completion().draftedTokens()).isPositive());
            assertThat(byDefault.usage().requests()).isEqualTo(1);
            assertThat(json.usage().requests()).isEqualTo(1);
            engine.assertAllGivenBack();
            assertThat(byDefault.open()).isZero();
            assertThat(byDefault.closedTwice()).isZero();
        }
    }

    /** Without its heads in memory the default adapter drafts for nobody, and nobody waits for them. */
    @Test
    void absentHeadsOfTheDefaultAreNotWaitedFor() {
        EngineOptions options = new EngineOptions(4, 64, 32, 100, 8, false, false);
        try (SlotEngine engine = new SlotEngine(
                options, tests -> Optional.of(new FakeSlot("the default", tests.adapter("stheno-8m-medusa"))))) {
            engine.backend.open();
            var completion = engine.submit(AdapterSelection.BASE, 10, 20).completion();
            assertThat(completion.generatedTokens()).isEqualTo(20);
            assertThat(completion.draftedTokens()).isZero();
        }
    }
}
