package dev.gorgon.engine.adapter;

import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.EmbeddingTable;
import dev.gorgon.engine.backend.Matrix;
import dev.gorgon.engine.model.LinearTarget;
import java.util.Map;
import java.util.Optional;

/**
 * Low-rank changes to linear maps, {@code y += B·(A·x)}, and to the embeddings, {@code x += B·A[token]}, the scale folded into B.
 * Layers and targets may be missing.
 */
public final class Lora implements Adapter {

    /** Layer number of maps that belong to the model, not to a layer: the LM head. */
    public static final int MODEL = -1;

    private final String id;
    private final Backend.Memory memory;
    private final Map<Site, Pair> pairs;
    private final Optional<Embedding> embedding;

    Lora(String id, Backend.Memory memory, Map<Site, Pair> pairs, Optional<Embedding> embedding) {
        this.id = id;
        this.memory = memory;
        this.pairs = Map.copyOf(pairs);
        this.embedding = embedding;
    }

    /** Where a change applies: a layer's linear map, or with layer {@link #MODEL} the LM head. */
    public record Site(int layer, LinearTarget target) {}

    /** A of shape {@code [rank][in]} and B of shape {@code [out][rank]}. */
    public record Pair(Matrix down, Matrix up) {}

    /** A transposed, {@code [vocabulary][rank]}, and B of shape {@code [hidden][rank]}. */
    public record Embedding(EmbeddingTable down, Matrix up) {}

    @Override
    public String id() {
        return id;
    }

    @Override
    public long bytes() {
        return memory.bytes();
    }

    @Override
    public Optional<Lora> lora() {
        return Optional.of(this);
    }

    @Override
    public Optional<Medusa> medusa() {
        return Optional.empty();
    }

    /** The change of one linear map, if there is one. */
    public Optional<Pair> at(int layer, LinearTarget target) {
        return Optional.ofNullable(pairs.get(new Site(layer, target)));
    }

    /** The change of the embeddings, if there is one. A tied LM head does not take part in it. */
    public Optional<Embedding> embedding() {
        return embedding;
    }

    @Override
    public void close() {
        memory.close();
    }
}
