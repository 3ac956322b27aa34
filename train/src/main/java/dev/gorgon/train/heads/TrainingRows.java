package dev.gorgon.train.heads;

import dev.gorgon.kernels.FloatMatrix;

/**
 * Positions to train on, in the order of the conversations they belong to. A position has a hidden state and, for each head, the
 * token that the head should guess there, if that token is a label. Thread-safe.
 */
interface TrainingRows {

    /** No label: the head is not trained at this position. */
    int NO_LABEL = -1;

    long positions();

    /** Conversations that have positions. */
    long conversations();

    /** The first position of a conversation; of the number of conversations, the number of positions. */
    long firstPosition(long conversation);

    /** Writes a position's hidden state into a row. */
    void read(long position, FloatMatrix target, int row);

    /** The token that a head should guess, or {@link #NO_LABEL}. */
    int label(long position, int head);
}
