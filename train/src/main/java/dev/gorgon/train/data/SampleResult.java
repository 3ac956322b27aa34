package dev.gorgon.train.data;

/** A conversation as a sample, or why it is none. */
public sealed interface SampleResult {

    /**
     * It is one.
     *
     * @param truncated whether its end was cut off
     * @param alteredTurns answers that are no targets, because the template shows them, or what precedes them, in another way once
     *     the conversation goes on
     */
    record Made(Sample sample, boolean truncated, int alteredTurns) implements SampleResult {}

    /** It is none; the message begins with its id. */
    record Skipped(Reason reason, String message) implements SampleResult {}

    /** Why a conversation is no sample. */
    enum Reason {
        /** The assistant says nothing. */
        NO_ASSISTANT_TURN,
        /** The template refuses it, or cannot be read. */
        TEMPLATE_REFUSES,
        /** The template rewrites every answer, or what precedes it. */
        TEMPLATE_ALTERS,
        /** All answers lie behind the largest length. */
        TOO_LONG
    }
}
