package dev.gorgon.server.generate;

import dev.gorgon.engine.schedule.TokenEvent;
import java.util.Arrays;
import java.util.function.IntConsumer;

/** How many drafted tokens each step of one generation brought: a step is a token that was not skipped and those after it. */
public final class SkipCounter {
    private int[] skippedPerStep = new int[8];
    private int steps;

    /** Counts a token; in order. */
    public void token(TokenEvent token) {
        if (token.skipped() && steps > 0) {
            skippedPerStep[steps - 1]++;
            return;
        }
        if (steps == skippedPerStep.length) {
            skippedPerStep = Arrays.copyOf(skippedPerStep, 2 * steps);
        }
        skippedPerStep[steps++] = 0;
    }

    /** The number of drafted tokens of each step. */
    public void forEachStep(IntConsumer skipped) {
        for (int i = 0; i < steps; i++) {
            skipped.accept(skippedPerStep[i]);
        }
    }
}
