package dev.gorgon.engine.sample;

import java.util.List;

/**
 * What the choice function chose.
 *
 * @param token the token
 * @param logprob its log-probability under the processed distribution
 * @param alternatives the likeliest tokens of that distribution, best first, the lower id first among equals
 */
public record Choice(int token, float logprob, List<Candidate> alternatives) {

    /** A token and its log-probability; −infinity if it was filtered out. */
    public record Candidate(int token, float logprob) {}
}
