package dev.gorgon.engine.schedule;

import dev.gorgon.engine.adapter.AdapterUsage;
import dev.gorgon.engine.adapter.Lora;
import dev.gorgon.engine.adapter.Medusa;
import dev.gorgon.engine.kv.BlockTable;
import dev.gorgon.engine.kv.PrefixIndex;
import dev.gorgon.engine.sample.Chooser;
import dev.gorgon.engine.speculate.DraftPlanner;
import dev.gorgon.engine.speculate.DraftTree;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * A generation on its way through the engine. Tokens 0 to {@code stored − 1} have keys and values; in decoding only the last
 * token, the pending one, has not. All state belongs to the engine thread but the cancel flag.
 */
final class Sequence implements Generation {

    final GenerateRequest request;
    final GenerationListener listener;
    final SequenceAdapters adapters;
    final Chooser chooser;
    final SequenceText text;
    final PromptLogprobs promptLogprobs;
    final DraftPlanner planner = new DraftPlanner();
    final BlockTable blocks;
    final Timing timing = new Timing();

    /** Order of arrival; the scheduler's. */
    long number;

    DraftTree draft = DraftTree.EMPTY;
    Optional<FinishReason> finishReason = Optional.empty();
    private int[] tokens;
    private int length;
    private int stored;
    private int cachedPrompt;
    private int skipped;
    private int steps;
    private int drafted;
    private int accepted;
    private final Consumer<Sequence> canceller;
    private final AtomicBoolean cancelled = new AtomicBoolean();

    Sequence(
            GenerateRequest request,
            GenerationListener listener,
            SequenceAdapters adapters,
            Chooser chooser,
            SequenceText text,
            PrefixIndex index,
            Consumer<Sequence> canceller) {
        this.request = request;
        this.listener = listener;
        this.adapters = adapters;
        this.chooser = chooser;
        this.text = text;
        this.blocks = new BlockTable(index);
        this.promptLogprobs = new PromptLogprobs(request.promptLogprobs() ? request.promptTokens().length : 0);
        this.canceller = canceller;
        this.length = request.promptTokens().length;
        this.tokens = Arrays.copyOf(request.promptTokens(), length + 64);
    }

    /** When things happened, in {@link System#nanoTime}. */
    static final class Timing {
        final long submitted = System.nanoTime();
        long started;
        long firstToken;
    }

    @Override
    public void cancel() {
        if (cancelled.compareAndSet(false, true)) {
            canceller.accept(this);
        }
    }

    /** The LoRA that computes it, once it has started. */
    Optional<Lora> lora() {
        return adapters.lora();
    }

    /** The heads that draft for it, once it has started. */
    Optional<Medusa> medusa() {
        return adapters.medusa();
    }

    /** Prompt and generated tokens; the first {@link #length} are valid. */
    int[] tokens() {
        return tokens;
    }

    int length() {
        return length;
    }

    /** Positions whose keys and values are stored. */
    int stored() {
        return stored;
    }

    int promptLength() {
        return request.promptTokens().length;
    }

    int generated() {
        return length - promptLength();
    }

    /** Tokens that still need a row before the next token can be chosen; 1 while decoding. */
    int missing() {
        return length - stored;
    }

    boolean decoding() {
        return missing() == 1;
    }

    /** Appends an emitted token. */
    void append(int token, boolean fromDraft) {
        if (length == tokens.length) {
            tokens = Arrays.copyOf(tokens, 2 * length);
        }
        tokens[length++] = token;
        chooser.accept(token);
        if (fromDraft) {
            skipped++;
        }
    }

    /** Notes that it starts, with the prefix it has found. */
    GenerationListener.Start start(LoadTime loads) {
        timing.started = System.nanoTime();
        cachedPrompt = stored;
        adapters.usage().ifPresent(AdapterUsage::countRequest);
        return new GenerationListener.Start(
                timing.submitted, timing.started, loads.waitedBetween(timing.submitted, timing.started), cachedPrompt);
    }

    /** Whether it may take keys and values over; not while it needs the logits of all prompt rows. */
    boolean readsPrefix() {
        return !promptLogprobs.wanted();
    }

    /** Takes over what is known of its tokens; at least one is left to compute. */
    void attachPrefix() {
        if (readsPrefix()) {
            stored = blocks.attach(adapters.loraIdentity(), tokens, length - 1);
        }
    }

    /** Counts rows whose keys and values are now in order, and lets others use them. */
    void store(int rows) {
        stored += rows;
        assert stored <= length;
        blocks.publish(adapters.loraIdentity(), tokens, stored);
    }

    /** Counts a step that emitted tokens after verifying some guesses. */
    void countStep(int emitted, int guesses, int held) {
        adapters.usage().ifPresent(usage -> usage.countStep(emitted, guesses, held));
        steps++;
        drafted += guesses;
        accepted += held;
    }

    /** Gives the blocks back, not the leases; the sequence can go on later from its tokens alone, with the same result. */
    void giveBlocksBack() {
        blocks.release();
        stored = 0;
        draft = DraftTree.EMPTY;
    }

    Completion completion(FinishReason reason) {
        long now = System.nanoTime();
        return new Completion(
                reason,
                text.complete(),
                promptLength(),
                cachedPrompt,
                generated(),
                skipped,
                steps,
                drafted,
                accepted,
                timing.started - timing.submitted,
                timing.firstToken - timing.started,
                now - timing.started);
    }
}
