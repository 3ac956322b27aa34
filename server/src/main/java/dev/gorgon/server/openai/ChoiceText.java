package dev.gorgon.server.openai;

import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.FinishReason;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.TokenEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * What OpenAI's API shows of one completion: no special tokens, nothing of the stop sequence that ended it. Text that may become a
 * stop sequence is held back until that is decided. Tokens come together with their text; the one that ends the sequence and
 * those that begin in the stop sequence do not come at all.
 */
final class ChoiceText {
    private final IntPredicate ends;
    private final StopScanner stops;
    private final Deque<Held> held = new ArrayDeque<>();
    private long length;
    private long released;
    private int shown;
    private boolean stopped;
    private boolean ended;

    /** @param endsSequence whether a token id is an end of sequence */
    ChoiceText(GenerateRequest request, IntPredicate endsSequence) {
        this.ends = request.ignoreEos() ? id -> false : endsSequence;
        this.stops = new StopScanner(request.stopSequences());
    }

    /** A token whose text was not shown completely; offsets count characters of all tokens' texts. */
    private record Held(TokenEvent token, long start) {
        long end() {
            return start + token.text().length();
        }
    }

    /** Text that is certain by now, and the tokens it belongs to. */
    record Part(String text, List<TokenEvent> tokens) {
        boolean isEmpty() {
            return text.isEmpty() && tokens.isEmpty();
        }
    }

    /** Adds a token; returns what can be shown. */
    Part add(TokenEvent token) {
        if (ends.test(token.id())) {
            ended = true;
            return new Part("", List.of());
        }
        held.add(new Held(token, length));
        String text = token.text();
        for (int i = 0; i < text.length(); i++) {
            int stopLength = stops.add(text.charAt(i));
            if (stopLength > 0) {
                stopped = true;
                Part last = release(length + i + 1 - stopLength);
                held.clear();
                return last;
            }
        }
        length += text.length();
        return release(length - stops.undecided());
    }

    /** What is left once the completion has ended: text held back, and an incomplete last character. */
    Part finish(Completion completion) {
        if (stopped) {
            return new Part("", List.of());
        }
        Part rest = release(length);
        String whole = completion.generatedText();
        String unshown = whole.substring(Math.min(shown, whole.length()));
        shown += unshown.length();
        return new Part(rest.text() + unshown, rest.tokens());
    }

    /** OpenAI's word for why it ended; an end that the model or a stop sequence brought about comes before the limit. */
    String finishReason(Completion completion) {
        return stopped || ended || completion.reason() != FinishReason.LENGTH ? "stop" : "length";
    }

    private Part release(long end) {
        StringBuilder text = new StringBuilder();
        List<TokenEvent> tokens = new ArrayList<>();
        while (!held.isEmpty()) {
            Held next = held.element();
            if (stopped && next.start() >= end) {
                break;
            }
            int from = (int) (Math.max(released, next.start()) - next.start());
            int to = (int) (Math.min(end, next.end()) - next.start());
            if (to > from && !next.token().special()) {
                text.append(next.token().text(), from, to);
            }
            if (next.end() > end && !stopped) {
                break;
            }
            tokens.add(next.token());
            held.remove();
        }
        released = Math.max(released, end);
        shown += text.length();
        return new Part(text.toString(), tokens);
    }
}
