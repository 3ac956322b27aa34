package dev.gorgon.engine.schedule;

import dev.gorgon.engine.adapter.AdapterSlot;
import dev.gorgon.engine.backend.KvStorage;
import dev.gorgon.engine.kv.BlockAllocator;
import dev.gorgon.engine.kv.PrefixIndex;
import dev.gorgon.engine.model.Decoder;
import dev.gorgon.engine.sample.Chooser;
import dev.gorgon.engine.speculate.Drafter;
import dev.gorgon.engine.speculate.PromptLookup;
import java.util.List;
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

    private static final String SHUTTING_DOWN = "the server is shutting down";

    private final LanguageModel model;
    private final Optional<AdapterSlot> defaultAdapter;
    private final int totalBlocks;
    private final PrefixIndex blocks;
    private final Scheduler scheduler;
    private final StepRunner runner;
    private final EngineMeters meters;
    /** Messages to the engine thread: a new request, one to be dropped, an adapter that has come. */
    private final Queue<Runnable> inbox = new ConcurrentLinkedQueue<>();

    private final Thread thread;
    private volatile EngineStats stats;
    private volatile List<AdapterLoad> loads = List.of();
    private volatile boolean closing;
    /** Nobody reads the inbox any more. */
    private volatile boolean ended;

    /** An engine whose sequences draft with their Medusa heads, or by prompt lookup if the options say so. */
    public Engine(LanguageModel model, EngineOptions options, Optional<AdapterSlot> defaultAdapter) {
        this(model, options, defaultAdapter, options.promptLookup() ? new PromptLookup() : Drafter.NONE);
    }

    /**
     * @param model the loaded model; stays the caller's to close, after the engine
     * @param defaultAdapter serves requests that name none; its heads draft for all that bring none, while they are in memory
     * @param drafter drafts for sequences without heads
     */
    public Engine(LanguageModel model, EngineOptions options, Optional<AdapterSlot> defaultAdapter, Drafter drafter) {
        this.model = model;
        this.defaultAdapter = defaultAdapter;
        Decoder decoder = model.decoder();
        this.totalBlocks = decoder.storage().blocks();
        this.blocks = new PrefixIndex(new BlockAllocator(totalBlocks), options.prefixCaching());
        this.meters = EngineMeters.of(options.maxRunning());
        this.scheduler = new Scheduler(options, decoder.maxLogitRows(), blocks, meters, this::adapterAnswered);
        this.runner = new StepRunner(model, options, scheduler, drafter, meters);
        this.stats = snapshot();
        this.thread = Thread.ofPlatform().name("gorgon-engine").daemon().start(this::loop);
    }

    public LanguageModel model() {
        return model;
    }

    /** The adapter that serves requests which name none. */
    public Optional<AdapterSlot> defaultAdapter() {
        return defaultAdapter;
    }

    /** Positions that one sequence may have, prompt and generated tokens together. */
    public int maxPositions() {
        return Math.min(model.decoder().config().maxPositions(), totalBlocks * KvStorage.BLOCK);
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
            throw new GenerationException(SHUTTING_DOWN);
        }
        Sequence sequence = new Sequence(
                request,
                listener,
                SequenceAdapters.of(request.adapter(), defaultAdapter),
                new Chooser(request.sampling(), request.promptTokens(), vocabulary),
                new SequenceText(model.tokenizer(), request.promptTokens(), request.stopSequences()),
                blocks,
                cancelled -> post(() -> cancel(cancelled)));
        Runnable message = () -> scheduler.add(sequence);
        post(message);
        if (ended && inbox.remove(message)) {
            throw new GenerationException(SHUTTING_DOWN);
        }
        return sequence;
    }

    private void post(Runnable message) {
        inbox.add(message);
        LockSupport.unpark(thread);
    }

    private void cancel(Sequence sequence) {
        if (scheduler.remove(sequence)) {
            LOG.debug("a client left after {} tokens", sequence.generated());
            meters.cancelled().increment();
        }
    }

    private void adapterAnswered(String identity) {
        post(() -> scheduler.adapterAnswered(identity));
    }

    /** Whether the engine thread is alive and takes requests. */
    public boolean isRunning() {
        return thread.isAlive() && !closing;
    }

    /** Counters as of the last step. */
    public EngineStats stats() {
        return stats;
    }

    /** How steps went. */
    public EngineMeters meters() {
        return meters;
    }

    /** What waits and runs for each adapter that has requests, as of the last step. */
    public List<AdapterLoad> adapterLoads() {
        return loads;
    }

    private void loop() {
        try {
            while (!closing) {
                turn();
            }
        } finally {
            closing = true;
            ended = true;
            readInbox();
            reportFailed();
            for (Sequence sequence : scheduler.all()) {
                runner.fail(sequence, new GenerationException(SHUTTING_DOWN));
            }
            publish();
        }
    }

    private void turn() {
        long start = System.nanoTime();
        readInbox();
        StepPlan plan = scheduler.plan();
        reportFailed();
        if (!plan.isEmpty()) {
            runner.run(plan, start);
            publish();
            return;
        }
        publish();
        blocks.checkIntegrity();
        if (inbox.isEmpty() && !closing) {
            LockSupport.parkNanos(this, IDLE_NANOS);
        }
    }

    private void readInbox() {
        for (Runnable message = inbox.poll(); message != null; message = inbox.poll()) {
            message.run();
        }
    }

    private void reportFailed() {
        for (Scheduler.Failed failed : scheduler.takeFailed()) {
            runner.fail(failed.sequence(), failed.reason());
        }
    }

    private void publish() {
        stats = snapshot();
        loads = scheduler.loads();
        meters.reservedTokens().set(scheduler.reservedTokens());
    }

    private EngineStats snapshot() {
        return runner.stats(totalBlocks - blocks.availableBlocks(), totalBlocks, blocks.stats());
    }

    /** Stops after the current step; generations under way fail with a message that says so. */
    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
