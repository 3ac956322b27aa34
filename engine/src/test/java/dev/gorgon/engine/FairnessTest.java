package dev.gorgon.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.Completion;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Adapters share the engine: none starves, whatever the others ask for. */
class FairnessTest {

    private static final String PIRATE = "stheno-8m-pirate-lora";
    private static final String JSON = "stheno-8m-json-lora";

    @Test
    void aSingleRequestPassesTheQueueOfABusyAdapter() {
        try (SlotEngine engine = new SlotEngine(SlotEngine.options(4, 200))) {
            FakeSlot busy = engine.loaded(PIRATE);
            FakeSlot quiet = engine.loaded(JSON);
            for (int i = 0; i < 200; i++) {
                engine.submit(busy, 12, 5);
            }
            engine.steps(20);
            int before = engine.ended().size();
            SlotEngine.Request single = engine.submit(quiet, 12, 5);
            // every running request ends within five steps, and the next place is the single one's
            engine.steps(8);
            assertThat(single.tokens).isPositive();
            assertThat(engine.ended().size() - before).isLessThan(8);
            engine.backend.open();
            single.completion();
            SlotEngine.await(() -> engine.ended().size() == 201);
            engine.assertAllGivenBack();
        }
    }

    /** One adapter asks for much at once, the other for little many times; both get the same number of rows. */
    @Test
    void backloggedAdaptersGetEqualService() {
        int longRows = 60 + 6 - 1;
        int shortRows = 9 + 3 - 1;
        try (SlotEngine engine = new SlotEngine(SlotEngine.options(4, 200))) {
            FakeSlot one = engine.loaded(PIRATE);
            FakeSlot other = engine.loaded(JSON);
            Set<SlotEngine.Request> longs = new HashSet<>();
            for (int i = 0; i < 30; i++) {
                longs.add(engine.submit(one, 60, 6));
            }
            for (int i = 0; i < 180; i++) {
                engine.submit(other, 9, 3);
            }
            engine.backend.open();
            SlotEngine.await(() -> engine.ended().size() == 210);
            int ofOne = 0;
            int ofOther = 0;
            for (SlotEngine.Request request : engine.ended().subList(0, 180)) {
                if (longs.contains(request)) {
                    ofOne += longRows;
                } else {
                    ofOther += shortRows;
                }
                // what runs and is not counted yet: all four places
                assertThat(Math.abs(ofOne - ofOther)).isLessThanOrEqualTo(4 * longRows);
            }
            assertThat(ofOne).isGreaterThan(1000);
        }
    }

    /** An adapter that always has exactly one request does not keep one with a long queue waiting, nor the other way round. */
    @Test
    void aSteadyTrickleAndALongQueueTakeTurns() {
        try (SlotEngine engine = new SlotEngine(SlotEngine.options(1, 100))) {
            FakeSlot trickle = engine.loaded(PIRATE);
            FakeSlot queued = engine.loaded(JSON);
            AtomicInteger trickled = new AtomicInteger();
            List<SlotEngine.Request> queue = new ArrayList<>();
            class Again extends SlotEngine.Request {
                Again() {
                    engine.super();
                }

                @Override
                public void onFinish(Completion completion) {
                    super.onFinish(completion);
                    if (trickled.incrementAndGet() < 60) {
                        engine.submit(AdapterSelection.of(trickle), 10, 4, new Again());
                    }
                }
            }
            engine.submit(AdapterSelection.of(trickle), 10, 4, new Again());
            for (int i = 0; i < 60; i++) {
                queue.add(engine.submit(queued, 10, 4));
            }
            engine.backend.open();
            SlotEngine.await(() -> engine.ended().size() == 120);
            int ofQueue = 0;
            int ofTrickle = 0;
            for (SlotEngine.Request request : engine.ended()) {
                if (queue.contains(request)) {
                    ofQueue++;
                } else {
                    ofTrickle++;
                }
                assertThat(Math.abs(ofQueue - ofTrickle)).isLessThanOrEqualTo(3);
            }
            engine.assertAllGivenBack();
        }
    }

    /** What an adapter did not ask for while others worked, it cannot claim later. */
    @Test
    void aNewcomerHasNoClaimOnThePast() {
        try (SlotEngine engine = new SlotEngine(SlotEngine.options(1, 100))) {
            FakeSlot first = engine.loaded(PIRATE);
            FakeSlot late = engine.loaded(JSON);
            List<SlotEngine.Request> firsts = new ArrayList<>();
            for (int i = 0; i < 80; i++) {
                firsts.add(engine.submit(first, 10, 4));
            }
            engine.steps(160);
            int before = engine.ended().size();
            assertThat(before).isBetween(38, 42);
            for (int i = 0; i < 40; i++) {
                engine.submit(late, 10, 4);
            }
            engine.backend.open();
            SlotEngine.await(() -> engine.ended().size() == 120);
            long ofFirst = engine.ended().subList(before, before + 40).stream()
                    .filter(firsts::contains)
                    .count();
            assertThat(ofFirst).isBetween(18L, 22L);
        }
    }

    /** Adapters that are not in memory are passed by those that are, and asked for only as far as they could start. */
    @Test
    void absentAdaptersArePassedAndNotAllAskedFor() {
        try (SlotEngine engine = new SlotEngine(SlotEngine.options(3, 100))) {
            List<FakeSlot> absent = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                FakeSlot slot = engine.slot("absent " + i, JSON);
                absent.add(slot);
                engine.submit(slot, 10, 2);
            }
            FakeSlot present = engine.loaded(PIRATE);
            engine.backend.open();
            engine.submit(present, 10, 4).completion();
            assertThat(absent.stream().mapToInt(FakeSlot::requests).sum()).isBetween(3, 3 + 4);
            assertThat(absent).allMatch(slot -> slot.requests() <= 1);
            while (engine.ended().size() < 31) {
                absent.stream().filter(slot -> slot.requests() == 1).forEach(FakeSlot::load);
                Thread.yield();
            }
            assertThat(absent).allMatch(slot -> slot.requests() == 1 && slot.acquired() == 1);
            engine.assertAllGivenBack();
        }
    }
}
