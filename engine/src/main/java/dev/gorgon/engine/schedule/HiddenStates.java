package dev.gorgon.engine.schedule;

import dev.gorgon.engine.adapter.Lora;
import dev.gorgon.engine.backend.Activations;
import dev.gorgon.engine.backend.EmbeddingTerm;
import dev.gorgon.engine.backend.KvStorage;
import dev.gorgon.engine.backend.LowRankTerm;
import dev.gorgon.engine.backend.SequenceRows;
import dev.gorgon.engine.model.Batch;
import dev.gorgon.engine.model.LinearTarget;
import dev.gorgon.engine.model.LoraTerms;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * Final hidden states of whole token sequences, many sequences per forward pass: what the LM head and Medusa heads are given when
 * these tokens are served (spec medusa.md §1.1), bit for bit. It uses the model's decoder and cache, so no engine may run on it.
 */
public final class HiddenStates {

    private final LanguageModel model;
    private final Optional<Lora> lora;
    private final Activations hidden;
    private final int[] freeBlocks;
    private int free;

    /**
     * @param model with a key/value cache for at least two sequences of the longest length and one block more per row of a step
     * @param lora applied to all sequences
     */
    public HiddenStates(LanguageModel model, Optional<Lora> lora) {
        this.model = model;
        this.lora = lora;
        this.hidden = model.memory()
                .activations(model.decoder().maxRows(), model.decoder().config().hiddenSize());
        this.freeBlocks = new int[model.decoder().storage().blocks()];
        this.free = freeBlocks.length;
        Arrays.setAll(freeBlocks, i -> i);
    }

    /** Limits of a model that computes hidden states only: steps of {@code rows} rows of sequences of at most {@code length} tokens. */
    public static EngineOptions limits(int length, int rows) {
        int longest = blocks(length);
        return new EngineOptions(1, rows, 0, 2 * longest + rows, 0, false, false, false);
    }

    private static int blocks(int positions) {
        return (positions + KvStorage.BLOCK - 1) / KvStorage.BLOCK;
    }

    /** Takes rows as they are computed. */
    public interface Sink {

        /**
         * The next row: sequences come in order, and their positions in order.
         *
         * @param sequence number of the sequence, from 0 on
         * @param state hidden size float32 values, valid during the call
         */
        void accept(long sequence, int position, MemorySegment state);
    }

    /** A sequence that is being computed. */
    private static final class Running {
        final long number;
        final int[] tokens;
        final int[] blocks;
        int done;

        Running(long number, int[] tokens, int[] blocks) {
            this.number = number;
            this.tokens = tokens;
            this.blocks = blocks;
        }
    }

    /** Some rows of a sequence in a step. */
    private record Part(Running sequence, int firstRow, int firstPosition, int count) {}

    /**
     * Computes all sequences; they are taken from the iterator as they are needed.
     *
     * @throws IllegalArgumentException if one is empty, or longer than the model or its cache allows
     */
    public void compute(Iterator<int[]> sequences, Sink sink) {
        Optional<Running> unfinished = Optional.empty();
        long number = 0;
        while (unfinished.isPresent() || sequences.hasNext()) {
            List<Part> parts = new ArrayList<>();
            int rows = 0;
            while (rows < model.decoder().maxRows() && (unfinished.isPresent() || sequences.hasNext())) {
                Running next = unfinished.isPresent() ? unfinished.get() : start(number++, sequences.next());
                int count =
                        Math.min(next.tokens.length - next.done, model.decoder().maxRows() - rows);
                parts.add(new Part(next, rows, next.done, count));
                rows += count;
                next.done += count;
                unfinished = next.done < next.tokens.length ? Optional.of(next) : Optional.empty();
            }
            run(parts, rows, sink);
        }
    }

    private Running start(long number, int[] tokens) {
        int needed = blocks(tokens.length);
        if (tokens.length == 0 || tokens.length > model.decoder().config().maxPositions() || needed > free) {
            throw new IllegalArgumentException("sequence " + number + " has " + tokens.length
                    + " tokens; between 1 and what the model and its cache hold can be computed");
        }
        free -= needed;
        return new Running(number, tokens, Arrays.copyOfRange(freeBlocks, free, free + needed));
    }

    private void run(List<Part> parts, int rows, Sink sink) {
        int[] tokens = new int[rows];
        List<SequenceRows> sequences = new ArrayList<>();
        for (Part part : parts) {
            int[] positions = new int[part.count];
            Arrays.setAll(positions, i -> part.firstPosition + i);
            System.arraycopy(part.sequence.tokens, part.firstPosition, tokens, part.firstRow, part.count);
            sequences.add(new SequenceRows(part.firstRow, positions, part.firstPosition, null, part.sequence.blocks));
        }
        LoraTerms terms = lora.<LoraTerms>map(low -> new AllRows(low, rows)).orElse(LoraTerms.NONE);
        Batch batch = new Batch(tokens, sequences, new int[0], terms, LoraTerms.NONE);
        Activations states = hidden.rows(0, rows);
        model.backend().run(ops -> model.decoder().hiddenStates(ops, batch, states));
        for (Part part : parts) {
            for (int i = 0; i < part.count; i++) {
                sink.accept(
                        part.sequence.number,
                        part.firstPosition + i,
                        model.memory().hostView(hidden, part.firstRow + i));
            }
            if (part.sequence.done == part.sequence.tokens.length
                    && part.firstPosition + part.count == part.sequence.done) {
                System.arraycopy(part.sequence.blocks, 0, freeBlocks, free, part.sequence.blocks.length);
                free += part.sequence.blocks.length;
            }
        }
    }

    /** One LoRA on all rows of a step. */
    private record AllRows(Lora lora, int rows) implements LoraTerms {

        @Override
        public List<LowRankTerm> terms(int layer, LinearTarget... targets) {
            return lora.at(layer, targets[0])
                    .map(change -> List.of(new LowRankTerm(change, 0, rows)))
                    .orElse(List.of());
        }

        @Override
        public List<EmbeddingTerm> embeddings() {
            return lora.embedding()
                    .map(change -> List.of(new EmbeddingTerm(change.down(), change.up(), 0, rows)))
                    .orElse(List.of());
        }
    }
}
