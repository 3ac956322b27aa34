package dev.gorgon.engine.schedule;

/**
 * The end of a successful generation.
 *
 * @param reason why it ended
 * @param generatedText the whole text, special tokens stripped, stop sequence included
 * @param promptTokens number of prompt tokens
 * @param cachedPromptTokens how many of them were not computed, because their keys and values were still known
 * @param generatedTokens number of emitted tokens, an end-of-sequence token included
 * @param skippedTokens how many of them were not the first of their step
 * @param steps forward passes that emitted at least one token
 * @param draftedTokens tokens proposed by drafts and verified
 * @param acceptedTokens how many of those were right; {@code generatedTokens / (generatedTokens - acceptedTokens)} is the number of
 *     tokens per step of a chain that also verifies in the prompt's pass
 * @param queueNanos from submission to the first prefill row
 * @param firstTokenNanos from the first prefill row to the first token
 * @param inferenceNanos from the first prefill row to the last token
 */
public record Completion(
        FinishReason reason,
        String generatedText,
        int promptTokens,
        int cachedPromptTokens,
        int generatedTokens,
        int skippedTokens,
        int steps,
        int draftedTokens,
        int acceptedTokens,
        long queueNanos,
        long firstTokenNanos,
        long inferenceNanos) {}
