package dev.gorgon.train.data;

import java.util.List;

/**
 * A conversation.
 *
 * @param id stable across restarts
 * @param cut whether the last message breaks off in the middle, because a limit of tokens was reached
 */
public record Conversation(String id, List<Message> messages, boolean cut) {

    public Conversation {
        messages = List.copyOf(messages);
    }

    /** A conversation whose last message is complete. */
    public Conversation(String id, List<Message> messages) {
        this(id, messages, false);
    }
}
