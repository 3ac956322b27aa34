package dev.gorgon.engine;

import dev.gorgon.engine.adapter.AdapterSlot;
import dev.gorgon.engine.sample.SamplingParameters;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.EngineOptions;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.Generation;
import dev.gorgon.engine.schedule.GenerationException;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.engine.speculate.Drafter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** An engine whose steps a test lets through one by one, and requests that note what becomes of them. */
final class SlotEngine implements AutoCloseable {

    final SteppedBackend backend = new SteppedBackend();
    final TestEngine engine;
    private final List<FakeSlot> slots = new ArrayList<>();
    private final List<Request> ended = new ArrayList<>();
    private int prompts;

    SlotEngine(EngineOptions options) {
        this(options, made -> Optional.empty());
    }

    SlotEngine(EngineOptions options, Function<TestEngine, Optional<AdapterSlot>> byDefault) {
        engine = new TestEngine(backend, options, byDefault, Drafter.NONE);
    }

    /** No drafts, so that every step is one program. */
    static EngineOptions options(int maxRunning, int blocks) {
        return new EngineOptions(maxRunning, 64, 0, blocks, 0, false, false);
    }

    /** A slot that is not in memory. */
    FakeSlot slot(String adapter) {
        return slot("identity of " + adapter, adapter);
    }

    FakeSlot slot(String identity, String adapter) {
        FakeSlot slot = new FakeSlot(identity, engine.adapter(adapter));
        slots.add(slot);
        return slot;
    }

    FakeSlot loaded(String adapter) {
        FakeSlot slot = slot(adapter);
        slot.load();
        return slot;
    }

    /** A prompt that no other request of the test begins with. */
    private int[] prompt(int length) {
        int[] prompt = new int[length];
        int number = prompts++;
        Arrays.setAll(prompt, i -> 5 + (number * 31 + i * 7) % 4000);
        return prompt;
    }

    Request submit(AdapterSelection adapter, int promptLength, int newTokens) {
        return submit(adapter, promptLength, newTokens, new Request());
    }

    Request submit(FakeSlot slot, int promptLength, int newTokens) {
        return submit(AdapterSelection.of(slot), promptLength, newTokens);
    }

    Request submit(AdapterSelection adapter, int promptLength, int newTokens, Request request) {
        request.generation = Optional.of(engine.submit(
                new GenerateRequest(
                        prompt(promptLength),
                        adapter,
                        SamplingParameters.GREEDY,
                        newTokens,
                        List.of(),
                        true,
                        false,
                        0,
                        GenerateRequest.ANY_SPECULATION),
                request));
        return request;
    }

    /** Requests that have ended, in order. */
    List<Request> ended() {
        synchronized (ended) {
            return List.copyOf(ended);
        }
    }

    static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("did not come true in a minute");
            }
            Thread.onSpinWait();
            Thread.yield();
        }
    }

    /** Lets some steps run and waits until they have. */
    void steps(int count) {
        long target = engine.engine().stats().steps() + count;
        backend.permit(count);
        await(() -> engine.engine().stats().steps() >= target);
    }

    /** Nothing waits or runs, no lease is open, none was closed twice. */
    void assertAllGivenBack() {
        await(() -> engine.engine().adapterLoads().isEmpty());
        var stats = engine.engine().stats();
        if (stats.waiting() + stats.running() + stats.usedBlocks() != 0) {
            throw new AssertionError("something is left: " + stats);
        }
        for (FakeSlot slot : slots) {
            if (slot.open() != 0 || slot.closedTwice() != 0) {
                throw new AssertionError(
                        slot.name() + ": " + slot.open() + " leases open, " + slot.closedTwice() + " closed twice");
            }
        }
    }

    /** One request and what became of it. */
    class Request implements GenerationListener {
        final CompletableFuture<Completion> done = new CompletableFuture<>();
        volatile int tokens;
        Optional<Generation> generation = Optional.empty();

        void cancel() {
            generation.orElseThrow().cancel();
        }

        Completion completion() {
            try {
                return done.get(60, TimeUnit.SECONDS);
            } catch (InterruptedException | ExecutionException | TimeoutException e) {
                throw new IllegalStateException(e);
            }
        }

        GenerationException failure() {
            try {
                Completion completion = done.get(60, TimeUnit.SECONDS);
                throw new AssertionError("succeeded: " + completion);
            } catch (ExecutionException e) {
                return (GenerationException) e.getCause();
            } catch (InterruptedException | TimeoutException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate")
        public void onToken(TokenEvent token) {
            tokens++;
        }

        @Override
        public void onFinish(Completion completion) {
            note();
            done.complete(completion);
        }

        @Override
        public void onFailure(GenerationException failure) {
            note();
            done.completeExceptionally(failure);
        }

        private void note() {
            synchronized (ended) {
                ended.add(this);
            }
        }
    }

    @Override
    public void close() {
        backend.open();
        engine.close();
    }
}
