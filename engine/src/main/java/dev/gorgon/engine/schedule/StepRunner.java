package dev.gorgon.engine.schedule;

import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.kv.PrefixStats;
import dev.gorgon.engine.model.Batch;
import dev.gorgon.engine.model.Decoder;
import dev.gorgon.engine.sample.Choice;
import dev.gorgon.engine.sample.SamplingException;
import dev.gorgon.engine.speculate.DraftTree;
import dev.gorgon.engine.speculate.Drafter;
import dev.gorgon.engine.speculate.MedusaDrafter;
import dev.gorgon.engine.speculate.StepCosts;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a planned step: forward pass, walks, the next drafts. Engine thread only. */
final class StepRunner {

    private static final Logger LOG = LoggerFactory.getLogger(StepRunner.class);

    private final LanguageModel model;
    private final Decoder decoder;
    private final Backend backend;
    private final EngineOptions options;
    private final Scheduler scheduler;
    private final Drafter drafter;
    private final MedusaDrafter medusa;
    private final Walk walk;
    private final EngineMeters meters;
    private final StepCosts costs = new StepCosts();
    private long steps;
    private long emitted;
    private long drafted;
    private long accepted;
    private long overheadNanos;
    private long forwardNanos;

    StepRunner(LanguageModel model, EngineOptions options, Scheduler scheduler, Drafter drafter, EngineMeters meters) {
        this.model = model;
        this.decoder = model.decoder();
        this.backend = model.backend();
        this.options = options;
        this.scheduler = scheduler;
        this.drafter = drafter;
        this.meters = meters;
        this.medusa = new MedusaDrafter(decoder, backend, model.memory(), Math.max(1, options.maxDraftRows()));
        this.walk = new Walk(decoder, row -> model.memory().hostView(decoder.logits(), row), this::emit);
    }

    EngineStats stats(int usedBlocks, int totalBlocks, PrefixStats prefix) {
        return new EngineStats(
                scheduler.waiting(),
                scheduler.running(),
                usedBlocks,
                totalBlocks,
                steps,
                emitted,
                drafted,
                accepted,
                scheduler.preemptions(),
                overheadNanos,
                forwardNanos,
                prefix);
    }

    /** @param start when the scheduler began to plan this step */
    void run(StepPlan plan, long start) {
        StepPlan.Shape shape = plan.shape();
        long forward = System.nanoTime();
        try {
            Batch batch = plan.toBatch();
            forward = System.nanoTime();
            backend.run(ops -> decoder.forward(ops, batch));
        } catch (RuntimeException e) {
            LOG.error("a forward pass failed; the sequences in it are ended", e);
            meters.countFailedStep(shape);
            plan.steps().forEach(step -> fail(step.sequence(), failure(e)));
            return;
        }
        long forwardEnd = System.nanoTime();
        learn(plan, forwardEnd - forward);
        List<Drafting> draftings = new ArrayList<>();
        for (SequenceStep step : plan.steps()) {
            try {
                finish(step).ifPresent(draftings::add);
            } catch (RuntimeException e) {
                fail(step.sequence(), failure(e));
            }
        }
        long draftNanos = draftOrNot(draftings);
        steps++;
        long inside = forwardEnd - forward + draftNanos;
        long outside = System.nanoTime() - start - inside;
        overheadNanos += outside;
        forwardNanos += inside;
        meters.countStep(shape, inside, outside);
    }

    /** Drafts affect speed only, so a failure to make them ends nothing. */
    private long draftOrNot(List<Drafting> draftings) {
        try {
            return draft(draftings);
        } catch (RuntimeException e) {
            LOG.error("drafting failed; the next step goes without", e);
            draftings.forEach(drafting -> drafting.sequence().draft = DraftTree.EMPTY);
            return 0;
        }
    }

    /** Steps with prompt chunks in them say nothing about the cost of a drafted row. */
    private void learn(StepPlan plan, long nanos) {
        int rows = 0;
        for (SequenceStep step : plan.steps()) {
            if (step.count() > 1 || !step.choosesToken()) {
                return;
            }
            rows += step.rows();
        }
        costs.observeStep(rows, nanos);
    }

    private static GenerationException failure(RuntimeException e) {
        if (e instanceof GenerationException failure) {
            return failure;
        }
        if (!(e instanceof SamplingException)) {
            LOG.warn("a sequence failed", e);
        }
        return new GenerationException(String.valueOf(e.getMessage()), e);
    }

    /** Ends a sequence without success. */
    void fail(Sequence sequence, GenerationException failure) {
        scheduler.remove(sequence);
        try {
            sequence.listener.onFailure(failure);
        } catch (RuntimeException e) {
            LOG.warn("a listener failed", e);
        }
    }

    /** A sequence that goes on, the logit row its draft starts from, and how many guesses it wants at most. */
    private record Drafting(Sequence sequence, int logitRow, int limit) {}

    /** Takes a sequence's results; returns what its next draft needs, if it goes on. */
    private Optional<Drafting> finish(SequenceStep step) {
        Sequence sequence = step.sequence();
        collectPromptLogprobs(step);
        if (!step.choosesToken()) {
            sequence.store(step.count());
            return Optional.empty();
        }
        int stored = sequence.stored();
        int generated = sequence.generated();
        Walk.Outcome outcome = walk.walk(step);
        int guesses = step.draft().size();
        drafted += guesses;
        accepted += outcome.accepted();
        if (guesses > 0) {
            meters.accepted().record(outcome.accepted());
        }
        sequence.countStep(sequence.generated() - generated, guesses, outcome.accepted());
        keepPath(step, stored, outcome);
        sequence.store(step.count() + outcome.accepted());
        if (sequence.finishReason.isPresent()) {
            scheduler.remove(sequence);
            sequence.listener.onFinish(sequence.completion(sequence.finishReason.get()));
            return Optional.empty();
        }
        sequence.planner.observe(guesses, outcome.accepted());
        return Optional.of(new Drafting(sequence, outcome.lastLogit(), draftLimit(sequence)));
    }

    /** Moves the keys and values of the accepted path together; in a chain they already are. */
    private void keepPath(SequenceStep step, int stored, Walk.Outcome outcome) {
        int first = stored + step.count();
        assert stored >= step.sequence().blocks.sharedSlots() : "shared blocks would be written";
        for (int i = 0; i < outcome.accepted(); i++) {
            int slot = first + outcome.path()[i];
            if (slot != first + i) {
                decoder.storage().move(step.sequence().blocks.blocks(), slot, first + i);
            }
        }
    }

    private boolean emit(Sequence sequence, Choice choice, boolean fromDraft) {
        sequence.append(choice.token(), fromDraft);
        emitted++;
        if (sequence.timing.firstToken == 0) {
            sequence.timing.firstToken = System.nanoTime();
        }
        String text = sequence.text.append(choice.token());
        sequence.finishReason = finishReason(sequence, choice.token());
        sequence.listener.onToken(new TokenEvent(
                choice.token(),
                text,
                choice.logprob(),
                model.tokenizer().isSpecial(choice.token()),
                fromDraft,
                choice.alternatives().stream()
                        .map(candidate -> new TokenEvent.Alternative(
                                candidate.token(), sequence.text.textOf(candidate.token()), candidate.logprob()))
                        .toList()));
        return sequence.finishReason.isPresent();
    }

    private Optional<FinishReason> finishReason(Sequence sequence, int token) {
        if (sequence.generated() >= sequence.request.maxNewTokens()) {
            return Optional.of(FinishReason.LENGTH);
        }
        if (!sequence.request.ignoreEos() && model.eosTokens().contains(token)) {
            return Optional.of(FinishReason.EOS_TOKEN);
        }
        return sequence.text.stopped() ? Optional.of(FinishReason.STOP_SEQUENCE) : Optional.empty();
    }

    private void collectPromptLogprobs(SequenceStep step) {
        Sequence sequence = step.sequence();
        if (!sequence.promptLogprobs.wanted()) {
            return;
        }
        int first = sequence.stored() + step.rows() - step.logits();
        for (int i = 0; i < step.logits(); i++) {
            int position = first + i + 1;
            if (position < sequence.promptLength()) {
                int row = step.firstLogit() + i;
                float logit = model.memory()
                        .hostView(decoder.logits(), row)
                        .getAtIndex(ValueLayout.JAVA_FLOAT, sequence.tokens()[position]);
                sequence.promptLogprobs.put(position, logit - decoder.stats().logSumExp(row));
            }
        }
        if (step.choosesToken()) {
            List<PromptToken> tokens = new ArrayList<>();
            for (int i = 0; i < sequence.promptLength(); i++) {
                int id = sequence.tokens()[i];
                String text = model.tokenizer().decode(new int[] {id}, false);
                tokens.add(new PromptToken(id, text, sequence.promptLogprobs.at(i)));
            }
            sequence.promptLogprobs.markDelivered();
            sequence.listener.onPrompt(tokens);
        }
    }

    /** How many guesses in a row could still be emitted: one token of the next step is the target's own. */
    private int draftLimit(Sequence sequence) {
        int left = sequence.request.maxNewTokens() - sequence.generated() - 1;
        int limit = Math.min(options.maxSpeculation(), Math.min(sequence.request.speculativeTokens(), left));
        if (sequence.medusa().isPresent()) {
            limit = Math.min(limit, sequence.medusa().get().heads().size());
        }
        return options.adaptiveDrafts() && sequence.request.draftsAdaptively()
                ? sequence.planner.worthwhile(limit, costs.head(scheduler.running()))
                : limit;
    }

    /** Drafts for the next step; returns the time the device took. */
    private long draft(List<Drafting> draftings) {
        List<Sequence> sequences = new ArrayList<>();
        List<MedusaDrafter.Wish> wishes = new ArrayList<>();
        int share = draftings.isEmpty() ? 0 : Math.max(1, options.maxDraftRows() / draftings.size());
        int left = options.maxDraftRows();
        for (Drafting drafting : draftings) {
            Sequence sequence = drafting.sequence();
            int limit = Math.min(Math.min(share, left), drafting.limit());
            sequence.draft = DraftTree.EMPTY;
            if (limit <= 0) {
                continue;
            }
            if (sequence.medusa().isPresent()) {
                sequences.add(sequence);
                wishes.add(
                        new MedusaDrafter.Wish(sequence.medusa().get(), sequence.lora(), drafting.logitRow(), limit));
            } else {
                sequence.draft = drafter.draft(sequence.tokens(), sequence.length(), limit)
                        .limitDepth(limit);
            }
            left -= limit;
        }
        if (wishes.isEmpty()) {
            return 0;
        }
        long start = System.nanoTime();
        List<MedusaDrafter.Guesses> guesses = medusa.draft(wishes);
        long nanos = System.nanoTime() - start;
        costs.observeDraft(wishes.stream().mapToInt(MedusaDrafter.Wish::guesses).sum(), nanos);
        double enough = options.adaptiveDrafts() ? costs.row(scheduler.running()) : 0;
        for (int i = 0; i < sequences.size(); i++) {
            Sequence sequence = sequences.get(i);
            int kept = guesses.get(i).above(sequence.request.draftsAdaptively() ? enough : 0);
            if (kept == 0) {
                sequence.planner.observeUnsure();
            }
            sequence.draft = DraftTree.chain(Arrays.copyOf(guesses.get(i).tokens(), kept));
        }
        return nanos;
    }
}
