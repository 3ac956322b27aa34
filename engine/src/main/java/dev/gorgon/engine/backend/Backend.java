package dev.gorgon.engine.backend;

import dev.gorgon.engine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Consumer;

/**
 * A device: it owns weights, activations and key/value memory, and runs programs of {@link Ops}. Everything but {@link #run} and
 * {@link #memory} is called while loading; {@link #run} is called by the engine thread only.
 */
public interface Backend extends AutoCloseable {

    /** Name for logs and {@code /info}. */
    String name();

    /** A scope of memory, for one model or one adapter. */
    Memory memory();

    /**
     * A scope of memory for a base model, whose packed weights may be cached.
     *
     * @param identity of the files the weights come from: the same files have the same, other files another one
     */
    default Memory baseMemory(String identity) {
        return memory();
    }

    /** Runs a program on all workers and returns when all are done. */
    void run(Consumer<Ops> program);

    @Override
    void close();

    /** What a matrix of the base model is for; see {@link Memory#baseMatrix}. */
    enum MatrixRole {
        /** A linear operation of a layer. */
        LAYER,
        /** The LM head, whose errors go straight into the logits. */
        LM_HEAD
    }

    /** Allocates until closed; closing frees everything at once. */
    interface Memory extends AutoCloseable {

        /** A zeroed matrix that is not quantized: of an adapter. */
        Matrix matrix(int outFeatures, int inFeatures);

        /** A zeroed low-rank change of one linear operation. */
        LowRankMatrix lowRank(int inFeatures, List<LowRankMatrix.Part> parts);

        /**
         * Packs both factors of a part of a low-rank change.
         *
         * @param down A, {@code [rank][inFeatures]}
         * @param up B, {@code [outFeatures][rank]}
         * @param scale of {@code B·A}; it is folded into B
         * @return false when an element is NaN or infinite
         */
        boolean fill(LowRankMatrix change, int part, Tensor down, Tensor up, float scale);

        /**
         * A matrix of the base model, in the format that the backend was made to use for its role: zeroed and handed to
         * {@code fill}, or as a cache of packed weights has kept it.
         *
         * @param name unique in the model
         */
        Matrix baseMatrix(String name, MatrixRole role, int outFeatures, int inFeatures, Consumer<Matrix> fill);

        /** All matrices of the base model are in place; a cache of packed weights may now be written. */
        default void baseModelComplete() {}

        /**
         * Packs a row-major tensor {@code [rows][inFeatures]} as outputs {@code firstOutput + row}. Thread-safe for different
         * output ranges.
         *
         * @return false when an element is NaN, infinite, or too large for the matrix's format
         */
        boolean fill(Matrix matrix, int firstOutput, Tensor source, float scale);

        /** A table of embeddings, not quantized. */
        EmbeddingTable embeddings(Tensor source);

        /** Zeroed activations. */
        Activations activations(int rows, int columns);

        /** One row of float32 values, for norm weights and biases. */
        Activations vector(Tensor source);

        /** Writes a tensor's values, in order, into one row of activations. */
        void copy(Tensor source, Activations target);

        /** Key/value memory; see {@link KvStorage}. */
        KvStorage keyValues(int blocks, int layers, int kvHeads, int headDim);

        /** Cosines and sines for positions below {@code positions}, one frequency per pair of dimensions. */
        AttentionLayer.Rotation rotation(int positions, float[] frequencies);

        /** Room for the statistics of some rows of logits. */
        LogitStats logitStats(int rows, int vocabularySize);

        /** The values of one row of activations, readable by the host between programs. */
        MemorySegment hostView(Activations activations, int row);

        /** Bytes allocated so far. */
        long bytes();

        @Override
        void close();
    }
}
