package dev.gorgon.engine.adapter;

import java.util.concurrent.atomic.LongAdder;

/** Counters of what requests have done with one adapter. Written by the engine, read by anybody. */
public final class AdapterUsage {

    private final LongAdder requests = new LongAdder();
    private final LongAdder tokens = new LongAdder();
    private final LongAdder drafted = new LongAdder();
    private final LongAdder accepted = new LongAdder();

    /** A request has begun to run. */
    public void countRequest() {
        requests.increment();
    }

    /** A step emitted some tokens, after verifying some guesses of which some held. */
    public void countStep(int emittedTokens, int draftedTokens, int acceptedTokens) {
        tokens.add(emittedTokens);
        drafted.add(draftedTokens);
        accepted.add(acceptedTokens);
    }

    public long requests() {
        return requests.sum();
    }

    /** Tokens emitted. */
    public long tokens() {
        return tokens.sum();
    }

    /** Guesses verified. */
    public long drafted() {
        return drafted.sum();
    }

    /** Guesses that held. */
    public long accepted() {
        return accepted.sum();
    }
}
