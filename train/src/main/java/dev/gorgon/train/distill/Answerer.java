package dev.gorgon.train.distill;

import dev.gorgon.train.data.Message;
import java.util.List;

/** Answers conversations; called by many threads at once. */
public interface Answerer {

    /**
     * The answer to a conversation whose last message is the user's. Depends on nothing else than the arguments.
     *
     * @param seed of this answer, from 0 to 2^31 - 1
     */
    Answer answer(List<Message> messages, long seed) throws AnswerException, InterruptedException;
}
