package dev.gorgon.server.generate;

import dev.gorgon.engine.schedule.GenerateRequest;
import java.util.List;

/**
 * A request on its way into the engine.
 *
 * @param prompts in the order they were given
 * @param requests one per completion: all of the first prompt, then all of the second, and so on
 * @param receivedNanos when its body was read
 * @param validatedNanos when validation and tokenization were done
 * @param submittedNanos when its adapter was ready and the engine got it
 */
public record Prepared(
        List<EncodedPrompt> prompts,
        List<GenerateRequest> requests,
        long receivedNanos,
        long validatedNanos,
        long submittedNanos) {

    /** Completions of each prompt. */
    public int perPrompt() {
        return requests.size() / prompts.size();
    }

    /** The prompt of a completion. */
    public EncodedPrompt promptOf(int index) {
        return prompts.get(index / perPrompt());
    }

    /** Length of all prompts in Unicode characters. */
    public long promptCharacters() {
        return EncodedPrompt.characters(prompts);
    }

    /** Time spent on validation and tokenization. */
    public long validationNanos() {
        return validatedNanos - receivedNanos;
    }

    /** Time spent waiting for the adapter; counts as queueing, as in LoRAX. */
    public long adapterNanos() {
        return submittedNanos - validatedNanos;
    }
}
