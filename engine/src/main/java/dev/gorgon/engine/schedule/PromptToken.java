package dev.gorgon.engine.schedule;

/**
 * One prompt token with its raw logprob given the tokens before it; NaN for the first one, which has no context.
 */
public record PromptToken(int id, String text, float logprob) {}
