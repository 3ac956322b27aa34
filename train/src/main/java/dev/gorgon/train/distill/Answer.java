package dev.gorgon.train.distill;

/**
 * What the model says to a conversation.
 *
 * @param text without special tokens
 * @param cut whether it ends because of a limit of tokens
 * @param tokens how many were generated; 0 if not known
 */
public record Answer(String text, boolean cut, int tokens) {}
