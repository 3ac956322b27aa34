package dev.gorgon.engine.backend;

/** Memory for the keys and values of all layers and heads, in blocks of {@link #BLOCK} positions. */
public interface KvStorage {

    /** Positions per block. */
    int BLOCK = 16;

    /** Number of blocks. */
    int blocks();

    /** Bytes of one block over all layers and heads. */
    long blockBytes();

    /** Copies the keys and values of one slot to another, in all layers, bit by bit; only between steps. */
    void move(int[] blockTable, int fromSlot, int toSlot);

    /** A hash of the bytes of one slot in all layers, for tests of exactness. */
    long fingerprint(int[] blockTable, int slot);
}
