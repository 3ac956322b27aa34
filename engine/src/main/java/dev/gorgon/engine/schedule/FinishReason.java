package dev.gorgon.engine.schedule;

/** Why a generation ended; checked in this order for every token. */
public enum FinishReason {
    LENGTH,
    EOS_TOKEN,
    STOP_SEQUENCE
}
