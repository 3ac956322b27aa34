package dev.gorgon.engine.schedule;

import java.util.List;

/**
 * One emitted token.
 *
 * @param id token id
 * @param text newly decodable text; empty while a multi-byte character is incomplete; special tokens are not stripped
 * @param logprob natural log-probability under the distribution the token was chosen from
 * @param special whether the tokenizer marks the token as special
 * @param skipped whether an accepted draft produced it: true for every token of a step but the first
 * @param alternatives the likeliest tokens of that distribution, best first; empty unless asked for
 */
public record TokenEvent(
        int id, String text, float logprob, boolean special, boolean skipped, List<Alternative> alternatives) {

    /** One of the likeliest tokens at a position; logprob may be -infinity for filtered tokens. */
    public record Alternative(int id, String text, float logprob) {}
}
