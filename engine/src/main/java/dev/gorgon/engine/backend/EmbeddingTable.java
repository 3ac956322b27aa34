package dev.gorgon.engine.backend;

/** Token embeddings, one row per token id. */
public interface EmbeddingTable {

    int rows();

    int columns();
}
