package dev.gorgon.server;

import dev.gorgon.engine.schedule.EngineStats;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.Generation;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.engine.text.ChatTemplate;
import java.util.List;
import java.util.Optional;

/** What the HTTP server needs from the engine and the adapter registry. All methods may be called from any thread. */
public interface Inference {

    /**
     * Token ids of a prompt. May take long for long texts; the server calls it off its event loop.
     *
     * @param addSpecialTokens whether the tokenizer adds its special tokens, such as the beginning of the sequence
     */
    int[] encode(String text, boolean addSpecialTokens);

    /** The text of token ids, special tokens included; ids outside the vocabulary have no text. Like {@link #encode} otherwise. */
    String decode(int[] tokens);

    /** Tokens with their texts and places; like {@link #encode} otherwise. */
    List<Piece> pieces(String text, boolean addSpecialTokens);

    /**
     * Queues a generation and returns at once. Events may arrive before this returns.
     *
     * @throws dev.gorgon.engine.schedule.GenerationException if the engine cannot take it; the message is fit for the client
     */
    Generation submit(GenerateRequest request, GenerationListener listener);

    /** The adapters. */
    Adapters adapters();

    /** The engine's counters; cheap. */
    EngineStats stats();

    /** Whether requests can be served. */
    boolean healthy();

    /** Number of token ids; larger {@code top_k} values are clamped to it. */
    int vocabularySize();

    /** The model's chat template, if it has one; a template that does not compile throws when it is rendered. */
    Optional<ChatTemplate> chatTemplate();

    /** Whether this token ends a generation that does not ignore ends of sequence. */
    boolean endsSequence(int tokenId);
}
