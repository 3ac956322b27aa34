package dev.gorgon.train.heads;

import dev.gorgon.kernels.BFloat16;
import dev.gorgon.kernels.FloatMatrix;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Positions in memory. */
record TestRows(float[][] states, int[][] labels, int[] starts) implements TrainingRows {

    /** Random states and labels, some of which are missing, in conversations of at most nine positions. */
    static TestRows random(long seed, int positions, HeadShape shape) {
        SplittableRandom random = new SplittableRandom(seed);
        float[][] states = new float[positions][shape.hidden()];
        int[][] labels = new int[positions][shape.heads()];
        for (int p = 0; p < positions; p++) {
            for (int i = 0; i < shape.hidden(); i++) {
                states[p][i] = BFloat16.round((float) random.nextDouble(-1.5, 1.5));
            }
            for (int head = 0; head < shape.heads(); head++) {
                labels[p][head] = random.nextInt(4) == 0 ? NO_LABEL : random.nextInt(shape.vocabulary());
            }
        }
        int[] starts = new int[(positions + 8) / 9];
        Arrays.setAll(starts, i -> 9 * i);
        return new TestRows(states, labels, starts);
    }

    long[] all() {
        long[] all = new long[states.length];
        Arrays.setAll(all, i -> i);
        return all;
    }

    @Override
    public long positions() {
        return states.length;
    }

    @Override
    public long conversations() {
        return starts.length;
    }

    @Override
    public long firstPosition(long conversation) {
        return conversation == starts.length ? states.length : starts[(int) conversation];
    }

    @Override
    public void read(long position, FloatMatrix target, int row) {
        for (int i = 0; i < target.columns(); i++) {
            target.set(row, i, states[(int) position][i]);
        }
    }

    @Override
    public int label(long position, int head) {
        return labels[(int) position][head];
    }
}
