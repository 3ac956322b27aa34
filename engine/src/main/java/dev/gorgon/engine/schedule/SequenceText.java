package dev.gorgon.engine.schedule;

import dev.gorgon.engine.text.Detokenizer;
import dev.gorgon.engine.text.StopMatcher;
import dev.gorgon.engine.text.Tokenizer;
import java.util.List;

/** The text of one generation: what each token adds, whether a stop sequence is complete, and the whole. */
final class SequenceText {

    private final Tokenizer tokenizer;
    private final Detokenizer detokenizer;
    private final StopMatcher stops;
    private final StringBuilder whole = new StringBuilder();
    private boolean stopped;
    private boolean pending;

    SequenceText(Tokenizer tokenizer, int[] promptTokens, List<String> stopSequences) {
        this.tokenizer = tokenizer;
        this.detokenizer = new Detokenizer(tokenizer, promptTokens);
        this.stops = new StopMatcher(stopSequences);
    }

    /** Adds an emitted token; returns its text, cut after a stop sequence that it completes. */
    String append(int token) {
        String added = detokenizer.append(token);
        pending = added.isEmpty();
        int end = stops.append(added);
        if (end >= 0) {
            stopped = true;
            added = added.substring(0, end);
        }
        if (!tokenizer.isSpecial(token)) {
            whole.append(added);
        }
        return added;
    }

    /** Whether a stop sequence is complete. */
    boolean stopped() {
        return stopped;
    }

    /** Text of a token that would come next. */
    String textOf(int token) {
        return detokenizer.peek(token);
    }

    /** The whole generated text without special tokens; an incomplete last character is kept as far as it can be decoded. */
    String complete() {
        return pending ? whole + detokenizer.flush() : whole.toString();
    }
}
