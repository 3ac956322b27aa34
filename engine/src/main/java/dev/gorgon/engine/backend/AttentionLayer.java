package dev.gorgon.engine.backend;

/**
 * What the attention operations need to know of a layer.
 *
 * @param storage keys and values
 * @param index number of the layer
 * @param rotation the rotary embedding
 * @param heads query heads
 * @param kvHeads key/value heads; each serves {@code heads / kvHeads} query heads
 * @param headDim elements per head
 * @param window sliding window in positions; 0 for none
 */
public record AttentionLayer(
        KvStorage storage, int index, Rotation rotation, int heads, int kvHeads, int headDim, int window) {

    /** A rotary embedding in a backend's own form. */
    public interface Rotation {

        /** Number of positions it covers. */
        int positions();
    }
}
