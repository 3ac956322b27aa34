package dev.gorgon.train.distill;

import dev.gorgon.train.data.Message;
import java.util.List;

/**
 * A conversation with the model's own answers.
 *
 * @param end why it ends where it ends
 * @param tokens generated for it
 */
record Finished(String id, List<Message> messages, End end, long tokens) {

    /** Why a conversation ends. */
    enum End {
        /** Every question was answered. */
        STOP,
        /** An answer reached its limit of tokens, or the conversation that of the context. */
        LENGTH
    }

    Finished {
        messages = List.copyOf(messages);
    }
}
