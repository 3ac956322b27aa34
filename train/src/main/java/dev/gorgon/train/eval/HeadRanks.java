package dev.gorgon.train.eval;

import dev.gorgon.engine.adapter.Lora;
import dev.gorgon.engine.adapter.Medusa;
import dev.gorgon.engine.backend.Activations;
import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.LowRankTerm;
import dev.gorgon.engine.backend.Matrix;
import dev.gorgon.engine.backend.Ops;
import dev.gorgon.engine.backend.ResidualBlock;
import dev.gorgon.engine.model.LinearTarget;
import dev.gorgon.engine.schedule.HiddenStates;
import dev.gorgon.engine.schedule.LanguageModel;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Ranks that heads give to the tokens of answers, computed by the engine's own programs on the engine's own hidden states: what the
 * server would have drafted there. No engine may run on the model.
 */
final class HeadRanks implements AutoCloseable {

    private static final int ROWS = 64;

    private final LanguageModel model;
    private final Medusa medusa;
    private final List<LowRankTerm> noTerms = List.of();
    private final Optional<Lora> lora;
    private final HiddenStates states;
    private final Backend.Memory memory;
    private final Activations input;
    private final Activations projected;
    private final Activations[] between;
    private final Activations logits;

    /** @param lora that is applied to the base model, also to an LM head that the heads share */
    HeadRanks(LanguageModel model, Medusa medusa, Optional<Lora> lora) {
        int hidden = model.decoder().config().hiddenSize();
        this.model = model;
        this.medusa = medusa;
        this.lora = lora;
        this.states = new HiddenStates(model, lora);
        this.memory = model.backend().memory();
        this.input = memory.activations(ROWS, hidden);
        this.projected = memory.activations(ROWS, hidden);
        this.between = new Activations[] {memory.activations(ROWS, hidden), memory.activations(ROWS, hidden)};
        this.logits = memory.activations(ROWS, model.decoder().config().vocabularySize());
    }

    /** The ranks of an answer. */
    AnswerRanks of(EvaluationPrompt prompt, int[] answer) {
        int heads = medusa.heads().size();
        byte[][] ranks = new byte[heads][];
        for (int head = 0; head < heads; head++) {
            ranks[head] = new byte[Math.max(0, answer.length - 1 - head)];
        }
        int rows = answer.length - 1;
        if (rows > 0) {
            int[] question = prompt.tokens();
            // the last token predicts nothing, the one before it nothing that heads could guess
            int[] tokens = Arrays.copyOf(question, question.length + rows - 1);
            System.arraycopy(answer, 0, tokens, question.length, rows - 1);
            states.compute(List.of(tokens).iterator(), (_, position, state) -> {
                int row = position - (question.length - 1);
                if (row >= 0) {
                    MemorySegment target = memory.hostView(input, row % ROWS);
                    MemorySegment.copy(state, 0, target, 0, target.byteSize());
                    if (row % ROWS == ROWS - 1 || row == rows - 1) {
                        rank(answer, row / ROWS * ROWS, row % ROWS + 1, ranks);
                    }
                }
            });
        }
        return new AnswerRanks(prompt.domain(), answer.length, ranks);
    }

    private void rank(int[] answer, int first, int count, byte[][] ranks) {
        for (int head = 0; head < ranks.length; head++) {
            int with = Math.min(count, ranks[head].length - first);
            if (with <= 0) {
                continue;
            }
            Medusa.Head guessing = medusa.heads().get(head);
            model.backend().run(ops -> run(ops, guessing, with));
            for (int row = 0; row < with; row++) {
                ranks[head][first + row] = (byte) rank(memory.hostView(logits, row), answer[first + row + 1 + head]);
            }
        }
    }

    private void run(Ops ops, Medusa.Head head, int rows) {
        Activations last = input;
        for (int j = 0; j < head.blocks().size(); j++) {
            Medusa.Block block = head.blocks().get(j);
            Activations next = between[j % 2];
            ops.residualBlocks(List.of(new ResidualBlock(
                    block.weight(), block.bias(), last.rows(0, rows), projected.rows(0, rows), next.rows(0, rows))));
            last = next;
        }
        Matrix lmHead = head.lmHead().orElse(model.decoder().weights().lmHead());
        List<LowRankTerm> terms = head.lmHead().isPresent() ? noTerms : lmHeadTerms(rows);
        ops.linear(lmHead, last.rows(0, rows), logits.rows(0, rows), false, terms);
    }

    private List<LowRankTerm> lmHeadTerms(int rows) {
        return lora.flatMap(low -> low.at(Lora.MODEL, LinearTarget.LM_HEAD))
                .map(change -> List.of(new LowRankTerm(change, 0, rows)))
                .orElse(noTerms);
    }

    /** How many logits come before that of the label, the lower index first among equals as in drafts; not more than are told apart. */
    private int rank(MemorySegment row, int label) {
        float own = row.getAtIndex(ValueLayout.JAVA_FLOAT, label);
        int rank = Float.isNaN(own) ? RankCounts.RANKS : 0;
        for (int i = 0; i < logits.columns() && rank < RankCounts.RANKS; i++) {
            float other = row.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            rank += other > own || (other == own && i < label) ? 1 : 0;
        }
        return rank;
    }

    @Override
    public void close() {
        memory.close();
    }
}
