package dev.gorgon.engine.schedule;

import dev.gorgon.engine.adapter.Lora;
import dev.gorgon.engine.backend.EmbeddingTerm;
import dev.gorgon.engine.backend.LowRankTerm;
import dev.gorgon.engine.backend.SequenceRows;
import dev.gorgon.engine.model.Batch;
import dev.gorgon.engine.model.LinearTarget;
import dev.gorgon.engine.model.LoraTerms;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The sequences of one step, and the batch they make. */
record StepPlan(List<SequenceStep> steps) {

    boolean isEmpty() {
        return steps.isEmpty();
    }

    /** What kinds of rows a step computes, and how many. */
    record Shape(int rows, boolean prefills, boolean decodes) {}

    /** To be asked before the step runs. */
    Shape shape() {
        int rows = 0;
        boolean prefills = false;
        boolean decodes = false;
        for (SequenceStep step : steps) {
            rows += step.rows();
            prefills |= !step.decodes();
            decodes |= step.decodes();
        }
        return new Shape(rows, prefills, decodes);
    }

    Batch toBatch() {
        int rows = 0;
        int logits = 0;
        for (SequenceStep step : steps) {
            rows += step.rows();
            logits += step.logits();
        }
        int[] tokens = new int[rows];
        int[] logitRows = new int[logits];
        List<SequenceRows> sequences = new ArrayList<>(steps.size());
        List<Segment> segments = new ArrayList<>();
        List<Segment> headSegments = new ArrayList<>();
        for (SequenceStep step : steps) {
            for (int row = 0; row < step.rows(); row++) {
                tokens[step.firstRow() + row] = step.token(row);
            }
            for (int i = 0; i < step.logits(); i++) {
                logitRows[step.firstLogit() + i] = step.firstRow() + step.rows() - step.logits() + i;
            }
            sequences.add(step.toSequenceRows());
            step.sequence().lora().ifPresent(lora -> {
                Segment.add(segments, lora, step.firstRow(), step.firstRow() + step.rows());
                Segment.add(headSegments, lora, step.firstLogit(), step.firstLogit() + step.logits());
            });
        }
        return new Batch(tokens, sequences, logitRows, new Segments(segments), new Segments(headSegments));
    }

    /** A run of rows with the same LoRA. */
    private record Segment(Lora lora, int firstRow, int endRow) {

        /** Appends rows, joining them to the last segment if they continue it. */
        static void add(List<Segment> segments, Lora lora, int firstRow, int endRow) {
            if (firstRow == endRow) {
                return;
            }
            if (!segments.isEmpty()) {
                Segment last = segments.getLast();
                if (last.lora == lora && last.endRow == firstRow) {
                    segments.set(segments.size() - 1, new Segment(lora, last.firstRow, endRow));
                    return;
                }
            }
            segments.add(new Segment(lora, firstRow, endRow));
        }
    }

    /** Looks the terms of a linear map up, segment by segment; all workers ask, the answers are made once. */
    private static final class Segments implements LoraTerms {
        private final List<Segment> segments;
        private final Map<Integer, List<LowRankTerm>> made = new HashMap<>();

        Segments(List<Segment> segments) {
            this.segments = segments;
        }

        @Override
        public List<LowRankTerm> terms(int layer, LinearTarget... targets) {
            if (segments.isEmpty()) {
                return List.of();
            }
            synchronized (made) {
                int operation = layer * LinearTarget.values().length + targets[0].ordinal();
                return made.computeIfAbsent(operation, key -> make(layer, targets[0]));
            }
        }

        @Override
        public List<EmbeddingTerm> embeddings() {
            List<EmbeddingTerm> terms = new ArrayList<>();
            for (Segment segment : segments) {
                segment.lora
                        .embedding()
                        .ifPresent(change -> terms.add(
                                new EmbeddingTerm(change.down(), change.up(), segment.firstRow, segment.endRow)));
            }
            return terms;
        }

        private List<LowRankTerm> make(int layer, LinearTarget first) {
            List<LowRankTerm> terms = new ArrayList<>();
            for (Segment segment : segments) {
                segment.lora
                        .at(layer, first)
                        .ifPresent(change -> terms.add(new LowRankTerm(change, segment.firstRow, segment.endRow)));
            }
            return terms;
        }
    }
}
