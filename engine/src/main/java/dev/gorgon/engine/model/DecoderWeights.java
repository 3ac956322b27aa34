package dev.gorgon.engine.model;

import dev.gorgon.engine.backend.Activations;
import dev.gorgon.engine.backend.EmbeddingTable;
import dev.gorgon.engine.backend.Matrix;
import java.util.List;
import java.util.Optional;

/**
 * The weights of a decoder, packed for a backend.
 *
 * @param embeddings one row per token
 * @param layers from first to last
 * @param norm final norm, {@code [hidden]}
 * @param lmHead {@code [vocabulary][hidden]}; a packed copy of the embeddings when they are tied
 */
public record DecoderWeights(EmbeddingTable embeddings, List<Layer> layers, Activations norm, Matrix lmHead) {

    /**
     * One layer.
     *
     * @param attentionNorm norm before attention
     * @param qkv queries, keys, values: {@code [(heads + 2·kvHeads)·headDim][hidden]}
     * @param qkvBias their biases
     * @param output {@code [hidden][heads·headDim]}
     * @param outputBias its bias
     * @param mlpNorm norm before the MLP
     * @param gateUp {@code [2·intermediate][hidden]}
     * @param gateUpBias its bias
     * @param down {@code [hidden][intermediate]}
     * @param downBias its bias
     */
    public record Layer(
            Activations attentionNorm,
            Matrix qkv,
            Optional<Activations> qkvBias,
            Matrix output,
            Optional<Activations> outputBias,
            Activations mlpNorm,
            Matrix gateUp,
            Optional<Activations> gateUpBias,
            Matrix down,
            Optional<Activations> downBias) {}
}
