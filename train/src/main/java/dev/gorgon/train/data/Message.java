package dev.gorgon.train.data;

/**
 * A message of a conversation.
 *
 * @param role system, user, assistant, tool or another one that the model's template knows
 */
public record Message(String role, String content) {}
