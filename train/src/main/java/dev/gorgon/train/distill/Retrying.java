package dev.gorgon.train.distill;

import dev.gorgon.train.data.Message;
import dev.gorgon.train.distill.AnswerException.Kind;
import java.time.Duration;
import java.util.List;

/**
 * Asks again after failures that may pass: after a second, two, four and so on, or when the other side says so.
 */
public final class Retrying implements Answerer {

    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
    /** What a server may ask to wait. */
    private static final Duration LONGEST_REQUESTED = Duration.ofMinutes(15);

    private final Answerer answerer;
    private final int retries;
    private final Duration firstPause;

    /**
     * @param retries further attempts after the first
     * @param firstPause before the second attempt
     */
    public Retrying(Answerer answerer, int retries, Duration firstPause) {
        this.answerer = answerer;
        this.retries = retries;
        this.firstPause = firstPause;
    }

    @Override
    public Answer answer(List<Message> messages, long seed) throws AnswerException, InterruptedException {
        Duration pause = firstPause;
        for (int attempt = 1; ; attempt++) {
            try {
                return answerer.answer(messages, seed);
            } catch (AnswerException e) {
                if (e.kind() != Kind.PASSING) {
                    throw e;
                }
                if (attempt > retries) {
                    throw new AnswerException(
                            Kind.PASSING, e.problem() + (attempt == 1 ? "" : " (after " + attempt + " attempts)"));
                }
                Thread.sleep(shorter(e.retryAfter().orElse(pause), LONGEST_REQUESTED));
                pause = shorter(pause.multipliedBy(2), LONGEST_PAUSE);
            }
        }
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }
}
