package dev.gorgon.engine.kv;

import java.util.Arrays;

/**
 * Hands out the blocks of a fixed key/value budget. Blocks are counted references: a block is free again when the last holder
 * has released it. Engine thread only.
 */
public final class BlockAllocator {

    private final int[] references;
    private final int[] free;
    private int freeCount;

    public BlockAllocator(int blocks) {
        if (blocks < 1) {
            throw new IllegalArgumentException("a key/value cache needs at least one block, got " + blocks);
        }
        references = new int[blocks];
        free = new int[blocks];
        for (int i = 0; i < blocks; i++) {
            free[i] = blocks - 1 - i;
        }
        freeCount = blocks;
    }

    public int total() {
        return references.length;
    }

    public int freeBlocks() {
        return freeCount;
    }

    /** Takes a free block with one reference. */
    public int allocate() {
        if (freeCount == 0) {
            throw new IllegalStateException("no free key/value block; ask freeBlocks() first");
        }
        int block = free[--freeCount];
        assert references[block] == 0;
        references[block] = 1;
        return block;
    }

    /** Adds a reference to a block in use. */
    public void retain(int block) {
        if (references[block] == 0) {
            throw new IllegalStateException("block " + block + " is free");
        }
        references[block]++;
    }

    /** Drops one reference. */
    public void release(int block) {
        if (references[block] == 0) {
            throw new IllegalStateException("block " + block + " was released twice");
        }
        if (--references[block] == 0) {
            free[freeCount++] = block;
        }
    }

    /** References to a block; 0 if it is free. */
    int references(int block) {
        return references[block];
    }

    /** Checks that every block is either free once or referenced; for idle moments and tests. */
    public void checkIntegrity() {
        boolean[] seen = new boolean[references.length];
        for (int block : Arrays.copyOf(free, freeCount)) {
            if (seen[block] || references[block] != 0) {
                throw new IllegalStateException("block " + block + " is free twice or free and in use");
            }
            seen[block] = true;
        }
        for (int block = 0; block < references.length; block++) {
            if (!seen[block] && references[block] == 0) {
                throw new IllegalStateException("block " + block + " is lost");
            }
        }
    }
}
