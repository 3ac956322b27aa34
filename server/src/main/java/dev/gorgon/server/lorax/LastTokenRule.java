package dev.gorgon.server.lorax;

import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.TokenEvent;
import java.util.function.IntPredicate;

/**
 * Tells which tokens may be the last of their generation. On a stream the last token's event carries the whole text, so such a
 * token waits for the event behind it; any other goes out at once. The rules are those that end generations (LoRAX contract,
 * section 4.7); a token held for nothing only arrives together with the next one.
 */
final class LastTokenRule {
    private final GenerateRequest request;
    private final IntPredicate endsSequence;
    private final int longestStop;
    private final StringBuilder tail = new StringBuilder();
    private int count;

    LastTokenRule(GenerateRequest request, IntPredicate endsSequence) {
        this.request = request;
        this.endsSequence = endsSequence;
        this.longestStop =
                request.stopSequences().stream().mapToInt(String::length).max().orElse(0);
    }

    /** To be asked once per token, in order. */
    boolean mayBeLast(TokenEvent token) {
        count++;
        return count >= request.maxNewTokens()
                || (!request.ignoreEos() && (token.special() || endsSequence.test(token.id())))
                || completesStop(token.text());
    }

    private boolean completesStop(String text) {
        if (request.stopSequences().isEmpty()) {
            return false;
        }
        tail.append(text);
        boolean complete = request.stopSequences().stream().anyMatch(stop -> tail.indexOf(stop) >= 0);
        tail.delete(0, Math.max(0, tail.length() - longestStop));
        return complete;
    }
}
