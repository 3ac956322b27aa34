package dev.gorgon.train.data;

import java.util.List;

/**
 * A conversation.
 *
 * @param id stable across restarts
 */
public record Conversation(String id, List<Message> messages) {

    public Conversation {
        messages = List.copyOf(messages);
    }
}
