package dev.gorgon.hub;

/** What is wanted of a repository or folder. */
public enum Contents {
    /** Configuration, tokenizer and weights of a base model. */
    MODEL,
    /** Configuration and weights of an adapter. */
    ADAPTER
}
