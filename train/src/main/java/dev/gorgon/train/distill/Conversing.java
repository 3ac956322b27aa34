package dev.gorgon.train.distill;

import dev.gorgon.train.data.Conversation;
import dev.gorgon.train.data.IdMap;
import dev.gorgon.train.data.Message;
import dev.gorgon.train.distill.AnswerException.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * Leads one conversation: every message of the user is followed by the model's own answer, given what was said before in this
 * conversation (Medusa specification, section 3.5). The answers of the input are not used.
 */
final class Conversing {

    private final Answerer answerer;
    private final CutAnswers cutAnswers;
    private final long seed;

    Conversing(Answerer answerer, CutAnswers cutAnswers, long seed) {
        this.answerer = answerer;
        this.cutAnswers = cutAnswers;
        this.seed = seed;
    }

    /** @throws AnswerException if the conversation cannot be finished; the message says at which turn */
    Finished lead(Conversation input) throws AnswerException, InterruptedException {
        List<Message> messages = new ArrayList<>();
        int turn = 0;
        long tokens = 0;
        for (Message message : input.messages()) {
            if (message.isAssistant()) {
                continue;
            }
            messages.add(message);
            if (!message.role().equals(Message.USER)) {
                continue;
            }
            turn++;
            Answer answer;
            try {
                answer = answerer.answer(List.copyOf(messages), seedOf(seed, input.id(), turn));
            } catch (AnswerException e) {
                if (e.kind() == Kind.TOO_LONG && turn > 1) {
                    return withoutLast(input.id(), messages, tokens);
                }
                throw new AnswerException(e.kind(), "turn " + turn + ": " + e.problem());
            }
            tokens += answer.tokens();
            if (answer.cut() && cutAnswers == CutAnswers.DROP) {
                if (turn == 1) {
                    throw new AnswerException(
                            Kind.REFUSED, "turn 1: the answer reached the limit of tokens; raise --max-tokens");
                }
                return withoutLast(input.id(), messages, tokens);
            }
            if (answer.text().isBlank()) {
                throw new AnswerException(Kind.REFUSED, "turn " + turn + ": the model's answer is empty");
            }
            messages.add(new Message(Message.ASSISTANT, answer.text()));
            if (answer.cut()) {
                return new Finished(input.id(), messages, Finished.End.LENGTH, tokens);
            }
        }
        return new Finished(input.id(), messages, Finished.End.STOP, tokens);
    }

    /** What was answered completely before the last question. */
    private static Finished withoutLast(String id, List<Message> messages, long tokens) {
        return new Finished(id, messages.subList(0, messages.size() - 1), Finished.End.STOP, tokens);
    }

    /** A seed of its own for each answer, so that it does not matter which are asked for before, or at the same time. */
    static long seedOf(long seed, String id, int turn) {
        return IdMap.key(seed + "\n" + id + "\n" + turn) & Integer.MAX_VALUE;
    }
}
