package dev.gorgon.engine.kv;

import dev.gorgon.engine.backend.KvStorage;
import java.util.Arrays;

/** The blocks of one sequence: slot s lies in block {@code s / 16}. Engine thread only. */
public final class BlockTable {

    private final BlockAllocator allocator;
    private int[] blocks = new int[4];
    private int count;

    public BlockTable(BlockAllocator allocator) {
        this.allocator = allocator;
    }

    /** Slots that the blocks held now can take. */
    public int capacity() {
        return count * KvStorage.BLOCK;
    }

    /** Blocks held. */
    public int size() {
        return count;
    }

    /** Further blocks needed for {@code slots} slots. */
    public int missing(int slots) {
        return Math.max(0, (slots + KvStorage.BLOCK - 1) / KvStorage.BLOCK - count);
    }

    /** Grows to {@code slots} slots if enough blocks are free; otherwise changes nothing and says false. */
    public boolean reserve(int slots) {
        int missing = missing(slots);
        if (missing > allocator.freeBlocks()) {
            return false;
        }
        for (int i = 0; i < missing; i++) {
            if (count == blocks.length) {
                blocks = Arrays.copyOf(blocks, 2 * count);
            }
            blocks[count++] = allocator.allocate();
        }
        return true;
    }

    /** The block numbers; valid until the next {@link #reserve} or {@link #release}. */
    public int[] blocks() {
        return blocks;
    }

    /** Gives all blocks back. */
    public void release() {
        for (int i = 0; i < count; i++) {
            allocator.release(blocks[i]);
        }
        count = 0;
    }
}
