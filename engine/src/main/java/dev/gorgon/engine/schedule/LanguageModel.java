package dev.gorgon.engine.schedule;

import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.model.Decoder;
import dev.gorgon.engine.text.Tokenizer;
import java.util.Set;

/**
 * A loaded model: what an engine runs.
 *
 * @param id name it was loaded under
 * @param decoder the network
 * @param tokenizer text to tokens and back
 * @param eosTokens tokens that end a generation
 * @param backend the device
 * @param memory memory of weights, buffers and key/value cache
 */
public record LanguageModel(
        String id, Decoder decoder, Tokenizer tokenizer, Set<Integer> eosTokens, Backend backend, Backend.Memory memory)
        implements AutoCloseable {

    /** Frees everything; no engine may be running on it. */
    @Override
    public void close() {
        backend.close();
        memory.close();
        tokenizer.close();
    }
}
