package dev.gorgon.train.data;

import dev.gorgon.train.data.RowReader.BadRowException;
import java.util.ArrayList;
import java.util.List;

/**
 * The order that chat templates expect: at most one system message, then user and assistant in turn, the user first. An
 * assistant that speaks before any user is left out; neighbours with the same role become one message, a blank line between.
 */
final class Turns {

    private static final String BETWEEN = "\n\n";

    private Turns() {}

    /** @throws BadRowException if the messages cannot be brought into this order */
    static List<Message> ordered(List<Message> messages) {
        List<Message> ordered = new ArrayList<>();
        boolean asked = false;
        int number = 0;
        for (Message message : messages) {
            number++;
            if (message.isAssistant() && !asked) {
                continue;
            }
            boolean user = message.role().equals(Message.USER);
            if (!user && !message.isAssistant() && asked) {
                throw new BadRowException("message " + number + " has the role " + message.role()
                        + "; a system message must come before the first user message");
            }
            if (user && message.content().isBlank()) {
                throw new BadRowException("message " + number + " of the user is empty");
            }
            asked |= user;
            add(ordered, message);
        }
        if (!asked) {
            throw new BadRowException("there is no message of a user");
        }
        return ordered;
    }

    private static void add(List<Message> ordered, Message message) {
        if (!ordered.isEmpty() && ordered.getLast().role().equals(message.role())) {
            Message before = ordered.removeLast();
            ordered.add(new Message(before.role(), before.content() + BETWEEN + message.content()));
        } else {
            ordered.add(message);
        }
    }
}
