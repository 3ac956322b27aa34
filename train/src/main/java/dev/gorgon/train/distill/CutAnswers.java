package dev.gorgon.train.distill;

/** What to do with an answer that reached its limit of tokens. The conversation ends there in any case. */
public enum CutAnswers {
    /** Keep what there is as last message; it is marked, so that training does not take its end for the end of an answer. */
    KEEP,
    /** Leave it out together with its question. */
    DROP
}
