package dev.gorgon.engine.speculate;

import dev.gorgon.engine.adapter.Lora;
import dev.gorgon.engine.adapter.Medusa;
import dev.gorgon.engine.backend.Activations;
import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.LogitStats;
import dev.gorgon.engine.backend.LowRankMatrix;
import dev.gorgon.engine.backend.LowRankTerm;
import dev.gorgon.engine.backend.Ops;
import dev.gorgon.engine.backend.ResidualBlock;
import dev.gorgon.engine.model.Decoder;
import dev.gorgon.engine.model.LinearTarget;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Runs Medusa heads on the last accepted row of each sequence — only there, because the guesses of rejected rows would be thrown
 * away — for all sequences of a step in one program, each with its own heads and its own number of guesses.
 */
public final class MedusaDrafter {

    private final Decoder decoder;
    private final Backend backend;
    private final Backend.Memory memory;
    private final Activations input;
    private final Activations projected;
    private final Activations[] states;
    private final Activations logits;
    private final LogitStats stats;

    /**
     * @param memory where the buffers are allocated
     * @param maxGuesses guesses per step over all sequences
     */
    public MedusaDrafter(Decoder decoder, Backend backend, Backend.Memory memory, int maxGuesses) {
        int hidden = decoder.config().hiddenSize();
        this.decoder = decoder;
        this.backend = backend;
        this.memory = memory;
        this.input = memory.activations(maxGuesses, hidden);
        this.projected = memory.activations(maxGuesses, hidden);
        this.states =
                new Activations[] {memory.activations(maxGuesses, hidden), memory.activations(maxGuesses, hidden)};
        this.logits = memory.activations(maxGuesses, decoder.config().vocabularySize());
        this.stats = memory.logitStats(maxGuesses, decoder.config().vocabularySize());
    }

    /** Guesses that one step can ask for. */
    public int capacity() {
        return input.rows();
    }

    /**
     * What one sequence wants.
     *
     * @param medusa its heads
     * @param lora what changes the shared LM head for it; may be empty
     * @param hiddenRow row of {@link Decoder#hidden} to start from
     * @param guesses how many heads to run, from the first on
     */
    public record Wish(Medusa medusa, Optional<Lora> lora, int hiddenRow, int guesses) {

        Optional<LowRankMatrix> headChange() {
            return lora.flatMap(changes -> changes.at(Lora.MODEL, LinearTarget.LM_HEAD));
        }
    }

    /** One head on a run of rows: the unit of work. */
    private record Task(Medusa.Head head, int from, int to) {}

    /**
     * The guesses of one sequence, in order of heads.
     *
     * @param tokens likeliest token of each head; −1 where a head produced no numbers
     * @param confidences probability that each head gives its guess
     */
    public record Guesses(int[] tokens, double[] confidences) {

        /** How many guesses to keep so that the chance that all of them hold stays above a bound. */
        public int above(double chance) {
            double all = 1;
            int kept = 0;
            while (kept < tokens.length && tokens[kept] >= 0 && (all *= confidences[kept]) > chance) {
                kept++;
            }
            return kept;
        }
    }

    /** The guesses of each wish. */
    public List<Guesses> draft(List<Wish> wishes) {
        List<Task> tasks = new ArrayList<>();
        int[] sources = new int[wishes.stream().mapToInt(Wish::guesses).sum()];
        int[][] places = new int[wishes.size()][];
        plan(wishes, tasks, sources, places);
        List<LowRankTerm> headChanges = headChanges(wishes, places);
        backend.run(ops -> run(ops, tasks, sources, headChanges));
        List<Guesses> guesses = new ArrayList<>();
        for (int[] rows : places) {
            int[] tokens = new int[rows.length];
            double[] confidences = new double[rows.length];
            for (int i = 0; i < rows.length; i++) {
                tokens[i] = stats.argMax(rows[i]);
                confidences[i] = tokens[i] < 0 ? 0 : Math.exp(logit(rows[i], tokens[i]) - stats.logSumExp(rows[i]));
            }
            guesses.add(new Guesses(tokens, confidences));
        }
        return guesses;
    }

    private double logit(int row, int token) {
        return memory.hostView(logits, row).getAtIndex(ValueLayout.JAVA_FLOAT, token);
    }

    /**
     * Orders rows by heads, those without an LM head of their own first: they go through the base's in one product, with the LoRA
     * of each row (spec lorax-contract.md §3.3).
     */
    private static void plan(List<Wish> wishes, List<Task> tasks, int[] sources, int[][] places) {
        for (int i = 0; i < places.length; i++) {
            places[i] = new int[wishes.get(i).guesses()];
        }
        List<Medusa> medusas = wishes.stream().map(Wish::medusa).distinct().toList();
        int row = 0;
        for (boolean own : new boolean[] {false, true}) {
            for (Medusa medusa : medusas) {
                for (int head = 0; head < medusa.heads().size(); head++) {
                    if (medusa.heads().get(head).lmHead().isPresent() != own) {
                        continue;
                    }
                    int from = row;
                    for (int i = 0; i < places.length; i++) {
                        if (wishes.get(i).medusa() == medusa
                                && head < wishes.get(i).guesses()) {
                            sources[row] = wishes.get(i).hiddenRow();
                            places[i][head] = row++;
                        }
                    }
                    if (row > from) {
                        tasks.add(new Task(medusa.heads().get(head), from, row));
                    }
                }
            }
        }
    }

    /** The changes of the shared LM head, in order of rows; rows that follow each other and have the same change are one term. */
    private static List<LowRankTerm> headChanges(List<Wish> wishes, int[][] places) {
        TreeMap<Integer, LowRankMatrix> changes = new TreeMap<>();
        for (int i = 0; i < places.length; i++) {
            Wish wish = wishes.get(i);
            Optional<LowRankMatrix> change = wish.headChange();
            for (int head = 0; change.isPresent() && head < wish.guesses(); head++) {
                if (wish.medusa().heads().get(head).lmHead().isEmpty()) {
                    changes.put(places[i][head], change.get());
                }
            }
        }
        List<LowRankTerm> terms = new ArrayList<>();
        for (Map.Entry<Integer, LowRankMatrix> change : changes.entrySet()) {
            int row = change.getKey();
            boolean continues = !terms.isEmpty()
                    && terms.getLast().endRow() == row
                    && terms.getLast().change() == change.getValue();
            int first = continues ? terms.removeLast().firstRow() : row;
            terms.add(new LowRankTerm(change.getValue(), first, row + 1));
        }
        return terms;
    }

    private void run(Ops ops, List<Task> tasks, int[] sources, List<LowRankTerm> headChanges) {
        ops.gather(decoder.hidden(), sources, input.rows(0, sources.length));
        int shared = 0;
        for (Task task : tasks) {
            if (task.head().lmHead().isEmpty()) {
                shared = task.to();
            }
        }
        residualBlocks(ops, tasks);
        Activations last = states[0];
        if (shared > 0) {
            ops.linear(decoder.weights().lmHead(), last.rows(0, shared), logits.rows(0, shared), false, headChanges);
        }
        for (Task task : tasks) {
            task.head()
                    .lmHead()
                    .ifPresent(own -> ops.linear(
                            own,
                            last.rows(task.from(), task.to()),
                            logits.rows(task.from(), task.to()),
                            false,
                            List.of()));
        }
        ops.reduceLogits(logits.rows(0, sources.length), stats);
    }

    /** Leaves the final state of all rows in {@code states[0]}, whatever the number of blocks of their heads. */
    private void residualBlocks(Ops ops, List<Task> tasks) {
        int deepest = 0;
        for (Task task : tasks) {
            deepest = Math.max(deepest, task.head().blocks().size());
            if (task.head().blocks().isEmpty()) {
                ops.copy(input.rows(task.from(), task.to()), states[0].rows(task.from(), task.to()));
            }
        }
        for (int level = 0; level < deepest; level++) {
            List<ResidualBlock> blocks = new ArrayList<>();
            for (Task task : tasks) {
                int count = task.head().blocks().size();
                if (level < count) {
                    Medusa.Block block = task.head().blocks().get(level);
                    Activations from = level == 0 ? input : states[(count - level) % 2];
                    blocks.add(new ResidualBlock(
                            block.weight(),
                            block.bias(),
                            from.rows(task.from(), task.to()),
                            projected.rows(task.from(), task.to()),
                            states[(count - 1 - level) % 2].rows(task.from(), task.to())));
                }
            }
            ops.residualBlocks(blocks);
        }
    }
}
