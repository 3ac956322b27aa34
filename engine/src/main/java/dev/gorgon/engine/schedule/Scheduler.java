package dev.gorgon.engine.schedule;

import dev.gorgon.engine.adapter.AdapterSlot;
import dev.gorgon.engine.kv.PrefixIndex;
import dev.gorgon.engine.speculate.DraftTree;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides what each step computes. Sequences that decode come first, so that a long prompt never makes them wait for more than
 * one chunk; what rows remain go to prompts, oldest first, and then to newcomers, fairly between adapters. Blocks are taken when
 * needed; when there are none, the youngest sequence gives its own back and is recomputed later. A request whose adapter is not in
 * memory waits without holding anything, while others pass it. Engine thread only.
 */
final class Scheduler {

    private static final Logger LOG = LoggerFactory.getLogger(Scheduler.class);

    /**
     * Adapters that may be asked for beyond what could start at once, so that one slow answer does not hold up the others. Asking
     * for all that are waited for would push out of memory what has just been brought there.
     */
    private static final int ASKS_AHEAD = 4;

    private final EngineOptions options;
    private final int maxLogitRows;
    private final PrefixIndex blocks;
    private final Consumer<String> answered;
    private final EngineMeters meters;
    private final AdapterQueues queues = new AdapterQueues();
    private final Deque<Sequence> preempted = new ArrayDeque<>();
    private final List<Sequence> running = new ArrayList<>();
    private final List<Failed> failed = new ArrayList<>();
    private long preemptions;

    /**
     * @param answered called on any thread with the identity of an adapter that was asked for and has come, or will not come; it
     *     must see to it that {@link #adapterAnswered} is called on the engine thread
     */
    Scheduler(
            EngineOptions options,
            int maxLogitRows,
            PrefixIndex blocks,
            EngineMeters meters,
            Consumer<String> answered) {
        this.options = options;
        this.maxLogitRows = maxLogitRows;
        this.blocks = blocks;
        this.meters = meters;
        this.answered = answered;
    }

    /** A request that cannot be served, with the reason. */
    record Failed(Sequence sequence, GenerationException reason) {}

    void add(Sequence sequence) {
        queues.add(sequence);
        failIfHopeless(sequence);
    }

    int waiting() {
        return queues.waiting() + preempted.size();
    }

    int running() {
        return running.size();
    }

    long preemptions() {
        return preemptions;
    }

    /** Prompt tokens and the most new ones of all running sequences. */
    long reservedTokens() {
        long tokens = 0;
        for (Sequence sequence : running) {
            tokens += sequence.promptLength() + (long) sequence.request.maxNewTokens();
        }
        return tokens;
    }

    List<AdapterLoad> loads() {
        return queues.loads();
    }

    /** Frees what a sequence holds and forgets it; false if it was not there any more. */
    boolean remove(Sequence sequence) {
        sequence.blocks.release();
        sequence.adapters.release();
        if (running.remove(sequence)) {
            queues.ended(sequence);
        } else if (preempted.remove(sequence)) {
            queues.preempted(sequence, false);
            queues.ended(sequence);
        } else {
            return queues.remove(sequence);
        }
        return true;
    }

    /** All sequences, for shutting down. */
    List<Sequence> all() {
        List<Sequence> all = new ArrayList<>(running);
        all.addAll(preempted);
        all.addAll(queues.all());
        return all;
    }

    /** Waiting requests found to be hopeless since the last call; the caller tells their clients. */
    List<Failed> takeFailed() {
        List<Failed> taken = List.copyOf(failed);
        failed.clear();
        return taken;
    }

    /** An adapter that was asked for may be there now, or has failed. */
    void adapterAnswered(String identity) {
        queues.answered(identity).ifPresent(this::failHopeless);
    }

    private void failHopeless(AdapterQueue queue) {
        List.copyOf(queue.waiting()).forEach(this::failIfHopeless);
    }

    private void failIfHopeless(Sequence sequence) {
        try {
            sequence.adapters.serving().flatMap(AdapterSlot::failure).ifPresent(failure -> fail(sequence, failure));
        } catch (RuntimeException e) {
            fail(sequence, e);
        }
    }

    private void fail(Sequence sequence, RuntimeException cause) {
        remove(sequence);
        failed.add(new Failed(sequence, new GenerationException(String.valueOf(cause.getMessage()), cause)));
    }

    /** The next step; empty when there is nothing to do. */
    StepPlan plan() {
        Draft draft = new Draft();
        long before = preemptions;
        for (Sequence sequence : List.copyOf(running)) {
            if (running.contains(sequence) && sequence.decoding()) {
                draft.decode(sequence);
            }
        }
        for (Sequence sequence : List.copyOf(running)) {
            if (running.contains(sequence) && !sequence.decoding()) {
                draft.prefill(sequence);
            }
        }
        if (preemptions == before) {
            // in the step it gave way a sequence stays away: it may have rows there that no longer count
            resumePreempted(draft);
        }
        if (preempted.isEmpty() && queues.waiting() > 0 && isOpen(draft)) {
            startNewcomers(draft);
        }
        return draft.finish();
    }

    private boolean isOpen(Draft draft) {
        return running.size() < options.maxRunning() && draft.rowsLeft() > 0;
    }

    /** Those that had to give way go on before anybody else starts. */
    private void resumePreempted(Draft draft) {
        while (!preempted.isEmpty() && isOpen(draft) && attach(preempted.getFirst(), draft)) {
            Sequence sequence = preempted.removeFirst();
            queues.preempted(sequence, false);
            run(sequence, draft);
        }
    }

    private void startNewcomers(Draft draft) {
        PriorityQueue<AdapterQueue> turns = queues.ready();
        Turn turn = Turn.PASSED;
        int before = running.size();
        while (turn != Turn.NO_ROOM && !turns.isEmpty() && preempted.isEmpty() && isOpen(draft)) {
            AdapterQueue queue = turns.poll();
            turn = take(queue, draft);
            if (turn == Turn.TAKEN && queue.isReady()) {
                turns.add(queue);
            }
        }
        if (running.size() > before) {
            meters.started().record(running.size() - before);
        }
    }

    /** What became of a queue's turn. Nobody passes a request that waits for blocks, or a large one would wait forever. */
    private enum Turn {
        TAKEN,
        PASSED,
        NO_ROOM
    }

    /** Starts a queue's next request, asks for its weights, or ends it if there is no hope. */
    private Turn take(AdapterQueue queue, Draft draft) {
        Sequence next = queue.waiting().getFirst();
        try {
            if (!next.adapters.tryAcquire()) {
                next.adapters.serving().ifPresent(slot -> askFor(queue, slot));
                return Turn.PASSED;
            }
        } catch (RuntimeException e) {
            fail(next, e);
            return Turn.TAKEN;
        }
        if (!attach(next, draft)) {
            next.adapters.release();
            return Turn.NO_ROOM;
        }
        queues.startNext(queue);
        started(next, queue);
        run(next, draft);
        return Turn.TAKEN;
    }

    private void started(Sequence sequence, AdapterQueue queue) {
        GenerationListener.Start start = sequence.start(queue.loads);
        meters.promptTokens().add(sequence.promptLength());
        try {
            sequence.listener.onStart(start);
        } catch (RuntimeException e) {
            LOG.warn("a listener failed", e);
        }
    }

    private void askFor(AdapterQueue queue, AdapterSlot slot) {
        if (slot.failure().isPresent()) {
            failHopeless(queue);
        } else if (queues.loading() < options.maxRunning() - running.size() + ASKS_AHEAD) {
            slot.request(() -> answered.accept(queue.identity));
            // the answer is a message to this thread, so it comes after this
            queue.loading = true;
            queue.loads.begin();
        }
    }

    /** Gives a sequence the blocks that are known to hold its beginning; false, and nothing, if there is no room to go on. */
    private boolean attach(Sequence sequence, Draft draft) {
        sequence.attachPrefix();
        int slots = sequence.stored() + Math.min(sequence.missing(), draft.rowsLeft());
        // one spare block per running sequence keeps newcomers from evicting those that are about to grow
        boolean room = running.isEmpty() || sequence.blocks.missing(slots) + running.size() <= blocks.availableBlocks();
        if (!room) {
            sequence.giveBlocksBack();
        }
        return room;
    }

    private void run(Sequence sequence, Draft draft) {
        if (sequence.readsPrefix()) {
            blocks.countLookup(sequence.stored());
        }
        running.add(sequence);
        draft.prefill(sequence);
    }

    /** Takes blocks for a sequence, from the youngest ones if need be; false if the sequence itself had to give way. */
    private boolean makeRoom(Sequence sequence, int slots) {
        while (!sequence.blocks.reserve(slots)) {
            Sequence youngest = running.getLast();
            preempt(youngest);
            if (youngest == sequence) {
                return false;
            }
        }
        return true;
    }

    private void preempt(Sequence sequence) {
        preemptions++;
        sequence.giveBlocksBack();
        running.remove(sequence);
        preempted.addFirst(sequence);
        queues.preempted(sequence, true);
    }

    /** A step being put together. */
    private final class Draft {
        private final List<SequenceStep> chosen = new ArrayList<>();
        private int rows;
        private int logits;
        private int draftRows;

        int rowsLeft() {
            return options.maxStepRows() - rows;
        }

        void decode(Sequence sequence) {
            int others = running.size() - chosen.size() - 1;
            int room = Math.min(options.maxDraftRows() - draftRows, maxLogitRows - logits - 1 - others);
            DraftTree tree = sequence.draft.truncate(Math.max(0, Math.min(room, rowsLeft() - 1 - others)));
            int slots = sequence.stored() + 1;
            if (!sequence.blocks.reserve(slots + tree.size())) {
                tree = DraftTree.EMPTY;
                if (!makeRoom(sequence, slots)) {
                    return;
                }
            }
            add(sequence, 1, tree, 1 + tree.size());
        }

        void prefill(Sequence sequence) {
            int chunk = Math.min(sequence.missing(), rowsLeft());
            if (sequence.promptLogprobs.wanted()) {
                chunk = Math.min(chunk, maxLogitRows - logits);
            }
            boolean reachesEnd = chunk == sequence.missing();
            if (chunk <= 0 || (reachesEnd && logits == maxLogitRows)) {
                return;
            }
            if (!makeRoom(sequence, sequence.stored() + chunk)) {
                return;
            }
            int wanted = sequence.promptLogprobs.wanted() ? chunk : reachesEnd ? 1 : 0;
            add(sequence, chunk, DraftTree.EMPTY, wanted);
        }

        private void add(Sequence sequence, int count, DraftTree tree, int wanted) {
            chosen.add(new SequenceStep(sequence, rows, count, tree, logits, wanted));
            rows += count + tree.size();
            logits += wanted;
            draftRows += tree.size();
            queues.charge(sequence, count + tree.size());
        }

        /** Drops sequences preempted after they were chosen, and puts rows of the same LoRA next to each other. */
        StepPlan finish() {
            List<SequenceStep> kept = new ArrayList<>(chosen);
            kept.removeIf(step -> !running.contains(step.sequence()));
            kept.sort(Comparator.comparing(step -> step.sequence().adapters.loraIdentity()));
            List<SequenceStep> placed = new ArrayList<>(kept.size());
            int row = 0;
            int logit = 0;
            for (SequenceStep step : kept) {
                placed.add(new SequenceStep(step.sequence(), row, step.count(), step.draft(), logit, step.logits()));
                row += step.rows();
                logit += step.logits();
            }
            return new StepPlan(placed);
        }
    }
}
