package dev.gorgon.engine.schedule;

import dev.gorgon.engine.kv.BlockAllocator;
import dev.gorgon.engine.speculate.DraftTree;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/**
 * Decides what each step computes. Sequences that decode come first, so that a long prompt never makes them wait for more than
 * one chunk; what rows remain go to prompts, oldest first, and then to newcomers. Blocks are taken when needed; when there are
 * none, the youngest sequence gives its own back and is recomputed later. Engine thread only.
 */
final class Scheduler {

    private final EngineOptions options;
    private final int maxLogitRows;
    private final BlockAllocator allocator;
    private final Deque<Sequence> waiting = new ArrayDeque<>();
    private final List<Sequence> running = new ArrayList<>();
    private long preemptions;

    Scheduler(EngineOptions options, int maxLogitRows, BlockAllocator allocator) {
        this.options = options;
        this.maxLogitRows = maxLogitRows;
        this.allocator = allocator;
    }

    void add(Sequence sequence) {
        waiting.addLast(sequence);
    }

    int waiting() {
        return waiting.size();
    }

    int running() {
        return running.size();
    }

    long preemptions() {
        return preemptions;
    }

    /** Frees what a sequence holds and forgets it. */
    void remove(Sequence sequence) {
        sequence.blocks.release();
        if (!running.remove(sequence)) {
            waiting.remove(sequence);
        }
    }

    /** Removes all sequences whose client has left. */
    void removeCancelled(Consumer<Sequence> each) {
        List<Sequence> gone = new ArrayList<>();
        waiting.stream().filter(Sequence::cancelled).forEach(gone::add);
        running.stream().filter(Sequence::cancelled).forEach(gone::add);
        for (Sequence sequence : gone) {
            remove(sequence);
            each.accept(sequence);
        }
    }

    /** All sequences, for shutting down. */
    List<Sequence> all() {
        List<Sequence> all = new ArrayList<>(running);
        all.addAll(waiting);
        return all;
    }

    /** The next step; empty when there is nothing to do. */
    StepPlan plan() {
        Draft draft = new Draft();
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
        while (!waiting.isEmpty() && running.size() < options.maxRunning() && draft.rowsLeft() > 0) {
            Sequence next = waiting.getFirst();
            int chunk = Math.min(next.missing(), draft.rowsLeft());
            // one spare block per running sequence keeps newcomers from evicting those that are about to grow
            if (next.blocks.missing(chunk) + running.size() > allocator.freeBlocks() && !running.isEmpty()) {
                break;
            }
            waiting.removeFirst();
            running.add(next);
            if (next.timing.started == 0) {
                next.timing.started = System.nanoTime();
            }
            draft.prefill(next);
        }
        return draft.finish();
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
        sequence.preempt();
        running.remove(sequence);
        waiting.addFirst(sequence);
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
        }

        /** Drops sequences preempted after they were chosen, and puts rows of the same LoRA next to each other. */
        StepPlan finish() {
            List<SequenceStep> kept = new ArrayList<>(chosen);
            kept.removeIf(step -> !running.contains(step.sequence()));
            kept.sort(Comparator.comparing(
                    step -> step.sequence().lora.map(lora -> lora.id()).orElse("")));
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
