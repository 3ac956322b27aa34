package dev.gorgon.engine.schedule;

import dev.gorgon.engine.adapter.Adapter;
import dev.gorgon.engine.adapter.AdapterSlot;
import dev.gorgon.engine.backend.KvStorage;
import dev.gorgon.engine.kv.BlockAllocator;
import dev.gorgon.engine.model.Decoder;
import dev.gorgon.engine.sample.Chooser;
import dev.gorgon.engine.speculate.Drafter;
import dev.gorgon.engine.speculate.PromptLookup;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns requests into tokens. One thread owns all state and runs one step after the other; requests and cancellations reach it as
 * messages, events leave it through listeners. Usable as a library, without any server.
 */
public final class Engine implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Engine.class);
    /** How long an idle engine sleeps at most; messages wake it at once. */
    private static final long IDLE_NANOS = 1_000_000_000L;

    private final LanguageModel model;
    private final Optional<Adapter> defaultAdapter;
    private final BlockAllocator allocator;
    private final Scheduler scheduler;
    private final StepRunner runner;
    private final Queue<Sequence> inbox = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile EngineStats stats;
    private volatile boolean closing;

    /** An engine whose sequences draft with their Medusa heads, or by prompt lookup if the options say so. */
    public Engine(LanguageModel model, EngineOptions options, Optional<Adapter> defaultAdapter) {
        this(model, options, defaultAdapter, options.promptLookup() ? new PromptLookup() : Drafter.NONE);
    }

    /**
     * @param model the loaded model; stays the caller's to close, after the engine
     * @param defaultAdapter serves requests that name none; its heads draft for all that bring none
     * @param drafter drafts for sequences without heads
     */
    public Engine(LanguageModel model, EngineOptions options, Optional<Adapter> defaultAdapter, Drafter drafter) {
        this.model = model;
        this.defaultAdapter = defaultAdapter;
        Decoder decoder = model.decoder();
        this.allocator = new BlockAllocator(decoder.storage().blocks());
        this.scheduler = new Scheduler(options, decoder.maxLogitRows(), allocator);
        this.runner = new StepRunner(model, options, scheduler, drafter);
        this.stats = snapshot();
        this.thread = Thread.ofPlatform().name("gorgon-engine").daemon().start(this::loop);
    }

    public LanguageModel model() {
        return model;
    }

    /** The adapter that serves requests which name none. */
    public Optional<Adapter> defaultAdapter() {
        return defaultAdapter;
    }

    /** Positions that one sequence may have, prompt and generated tokens together. */
    public int maxPositions() {
        return Math.min(model.decoder().config().maxPositions(), allocator.total() * KvStorage.BLOCK);
    }

    /**
     * Submits a request. Events arrive on the engine thread.
     *
     * @throws GenerationException if the request can never be served: unknown token ids, or more tokens than fit
     */
    public Generation submit(GenerateRequest request, GenerationListener listener) {
        int prompt = request.promptTokens().length;
        if (prompt + (long) request.maxNewTokens() > maxPositions()) {
            throw new GenerationException("the prompt has " + prompt + " tokens and up to " + request.maxNewTokens()
                    + " more are asked for, but a sequence can have " + maxPositions()
                    + " in all; shorten the prompt or lower max_new_tokens");
        }
        int vocabulary = model.decoder().config().vocabularySize();
        for (int token : request.promptTokens()) {
            if (token < 0 || token >= vocabulary) {
                throw new GenerationException(
                        "token id " + token + " is not in the vocabulary of " + vocabulary + " tokens");
            }
        }
        if (closing) {
            throw new GenerationException("the server is shutting down");
        }
        Sequence sequence = new Sequence(
                request,
                listener,
                ActiveAdapters.of(requested(request.adapter()), defaultAdapter),
                new Chooser(request.sampling(), request.promptTokens(), vocabulary),
                new SequenceText(model.tokenizer(), request.promptTokens(), request.stopSequences()),
                allocator,
                this::wakeUp);
        inbox.add(sequence);
        wakeUp();
        return sequence;
    }

    private Optional<Adapter> requested(AdapterSelection selection) {
        return switch (selection) {
            case AdapterSelection.Default _, AdapterSelection.Base _ -> Optional.empty();
            case AdapterSelection.Of(AdapterSlot slot) ->
                Optional.of(slot.tryAcquire()
                        .orElseThrow(() -> new GenerationException("adapter " + slot.name() + " is not loaded"))
                        .adapter());
        };
    }

    /** Whether the engine thread is alive and takes requests. */
    public boolean isRunning() {
        return thread.isAlive() && !closing;
    }

    /** Counters as of the last step. */
    public EngineStats stats() {
        return stats;
    }

    private void wakeUp() {
        LockSupport.unpark(thread);
    }

    private void loop() {
        while (!closing) {
            long start = System.nanoTime();
            receive();
            StepPlan plan = scheduler.plan();
            if (plan.isEmpty()) {
                stats = snapshot();
                allocator.checkIntegrity();
                if (inbox.isEmpty() && !closing) {
                    LockSupport.parkNanos(this, IDLE_NANOS);
                }
                continue;
            }
            runner.run(plan, start);
            stats = snapshot();
        }
        receive();
        for (Sequence sequence : scheduler.all()) {
            runner.fail(sequence, new GenerationException("the server is shutting down"));
        }
        stats = snapshot();
    }

    private void receive() {
        for (Sequence sequence = inbox.poll(); sequence != null; sequence = inbox.poll()) {
            scheduler.add(sequence);
        }
        scheduler.removeCancelled(sequence -> LOG.debug("a client left after {} tokens", sequence.generated()));
    }

    private EngineStats snapshot() {
        return runner.stats(allocator.total() - allocator.freeBlocks(), allocator.total());
    }

    /** Stops after the current step; generations under way fail with a message that says so. */
    @Override
    public void close() {
        closing = true;
        wakeUp();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
