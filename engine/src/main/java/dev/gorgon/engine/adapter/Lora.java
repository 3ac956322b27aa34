package dev.gorgon.engine.adapter;

import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.EmbeddingTable;
import dev.gorgon.engine.backend.LowRankMatrix;
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
    private final int rank;
    private final Backend.Memory memory;
    private final Map<Site, LowRankMatrix> changes;
    private final Optional<Embedding> embedding;

    /**
     * @param rank the largest one of its factors
     * @param changes by the first of the targets that are computed together, see {@link LinearTarget#first}
     */
    Lora(String id, int rank, Backend.Memory memory, Map<Site, LowRankMatrix> changes, Optional<Embedding> embedding) {
        this.id = id;
        this.rank = rank;
        this.memory = memory;
        this.changes = Map.copyOf(changes);
        this.embedding = embedding;
    }

    /** Where a change applies: a layer's linear map, or with layer {@link #MODEL} the LM head. */
    public record Site(int layer, LinearTarget target) {}

    /** A transposed, {@code [vocabulary][rank]}, and B of shape {@code [hidden][rank]}. */
    public record Embedding(EmbeddingTable down, Matrix up) {}

    @Override
    public String id() {
        return id;
    }

    /** The largest rank of its factors. */
    public int rank() {
        return rank;
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

    /** The change of the operation in which a target is computed, if there is one; it may leave the target itself as it is. */
    public Optional<LowRankMatrix> at(int layer, LinearTarget target) {
        return Optional.ofNullable(changes.get(new Site(layer, target.first())));
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
