package dev.gorgon.engine.schedule;

import dev.gorgon.engine.backend.LogitStats;
import dev.gorgon.engine.model.Decoder;
import dev.gorgon.engine.sample.Choice;
import dev.gorgon.engine.sample.LogitsRow;
import dev.gorgon.engine.speculate.DraftTree;
import java.lang.foreign.MemorySegment;
import java.util.function.IntFunction;

/**
 * Verification by choosing (spec medusa.md §6.1): at each visited row the choice function picks the token from the target's logits
 * and the true history; the token is emitted; a draft node that holds it is visited next. Without a draft this is plain decoding,
 * so drafts cannot change what is emitted.
 */
final class Walk {

    private final Decoder decoder;
    private final IntFunction<MemorySegment> logits;
    private final Emitter emitter;

    /** Emits a chosen token and says whether the generation has ended. */
    interface Emitter {
        boolean emit(Sequence sequence, Choice choice, boolean fromDraft);
    }

    /**
     * @param logits the values of a logit row of the decoder
     */
    Walk(Decoder decoder, IntFunction<MemorySegment> logits, Emitter emitter) {
        this.decoder = decoder;
        this.logits = logits;
        this.emitter = emitter;
    }

    /**
     * What a walk did.
     *
     * @param path draft nodes that held the chosen tokens, as many as {@code accepted}
     * @param accepted how many draft nodes held the token that was chosen
     * @param lastLogit logit row of the last visited row: the next draft starts from its hidden state
     */
    record Outcome(int[] path, int accepted, int lastLogit) {}

    /** Walks the draft of a step that chooses a token. */
    Outcome walk(SequenceStep step) {
        Sequence sequence = step.sequence();
        DraftTree draft = step.draft();
        int[] path = new int[draft.size()];
        int accepted = 0;
        int node = DraftTree.ROOT;
        while (true) {
            Choice choice = sequence.chooser.choose(
                    row(step.logitOf(node)), sequence.generated(), sequence.request.alternatives());
            boolean finished = emitter.emit(sequence, choice, node != DraftTree.ROOT);
            int child = draft.child(node, choice.token());
            if (child != DraftTree.ROOT) {
                path[accepted++] = child;
            }
            if (finished || child == DraftTree.ROOT) {
                return new Outcome(path, accepted, step.logitOf(node));
            }
            node = child;
        }
    }

    private LogitsRow row(int index) {
        LogitStats stats = decoder.stats();
        double logSumExp = stats.logSumExp(index);
        if (Double.isNaN(logSumExp)) {
            throw new GenerationException("the model produced logits that are not finite numbers"
                    + " (NaN or infinity); check the weights of the model and of the adapter");
        }
        return new LogitsRow(logits.apply(index), decoder.config().vocabularySize(), stats.argMax(index), logSumExp);
    }
}
