package dev.gorgon.engine.schedule;

import java.util.Arrays;

/** Collects the logprobs of prompt tokens while the prompt is prefilled, chunk by chunk. */
final class PromptLogprobs {

    private final float[] values;
    private boolean delivered;

    /** @param promptLength number of prompt tokens; 0 if nobody asked */
    PromptLogprobs(int promptLength) {
        values = new float[promptLength];
        Arrays.fill(values, Float.NaN);
        delivered = promptLength == 0;
    }

    /** Whether they are still wanted. */
    boolean wanted() {
        return !delivered;
    }

    void put(int position, double logprob) {
        values[position] = (float) logprob;
    }

    float at(int position) {
        return values[position];
    }

    void markDelivered() {
        delivered = true;
    }
}
