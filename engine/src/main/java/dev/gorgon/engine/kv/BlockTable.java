package dev.gorgon.engine.kv;

import dev.gorgon.engine.backend.KvStorage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The blocks of one sequence: slot s lies in block {@code s / 16}. The first {@link #sharedSlots} slots are in the prefix index, so
 * that others may read them at any time: they are never written again. Engine thread only.
 */
public final class BlockTable {

    private final PrefixIndex index;
    private final List<PrefixIndex.Entry> shared = new ArrayList<>();
    private int[] blocks = new int[4];
    private int count;
    /** Whether a block could not be indexed, so that those after it cannot be found either. */
    private boolean unknown;

    public BlockTable(PrefixIndex index) {
        this.index = index;
    }

    /** Slots that the blocks held now can take. */
    public int capacity() {
        return count * KvStorage.BLOCK;
    }

    /** Blocks held. */
    public int size() {
        return count;
    }

    /** Slots that must not be written any more. */
    public int sharedSlots() {
        return shared.size() * KvStorage.BLOCK;
    }

    /** Further blocks needed for {@code slots} slots. */
    public int missing(int slots) {
        return Math.max(0, (slots + KvStorage.BLOCK - 1) / KvStorage.BLOCK - count);
    }

    /** Grows to {@code slots} slots if enough blocks are available; otherwise changes nothing and says false. */
    public boolean reserve(int slots) {
        int missing = missing(slots);
        if (missing > index.availableBlocks()) {
            return false;
        }
        for (int i = 0; i < missing; i++) {
            append(index.allocate());
        }
        return true;
    }

    private void append(int block) {
        if (count == blocks.length) {
            blocks = Arrays.copyOf(blocks, 2 * count);
        }
        blocks[count++] = block;
    }

    /**
     * Fills an empty table with the longest known beginning of a sequence.
     *
     * @param lora identity of the LoRA that computes the sequence; empty for none
     * @param limit positions to take over at most
     * @return positions whose keys and values are in place, a multiple of 16
     */
    public int attach(String lora, int[] tokens, int limit) {
        if (count > 0) {
            throw new IllegalStateException("a table with blocks cannot take over others");
        }
        while (count < limit / KvStorage.BLOCK) {
            Optional<PrefixIndex.Entry> entry = index.find(last(), lora, tokens, capacity());
            if (entry.isEmpty()) {
                break;
            }
            index.use(entry.get());
            shared.add(entry.get());
            append(entry.get().block());
        }
        return capacity();
    }

    /**
     * Puts all full blocks below {@code stored} into the index. If another sequence has put the same block there, that one is used
     * from now on and this table's own given back: both hold the same bits.
     *
     * @param stored positions whose keys and values are complete and final
     */
    public void publish(String lora, int[] tokens, int stored) {
        while (!unknown && shared.size() < stored / KvStorage.BLOCK) {
            int place = shared.size();
            int from = sharedSlots();
            Optional<PrefixIndex.Entry> same = index.find(last(), lora, tokens, from);
            if (same.isPresent()) {
                index.use(same.get());
                index.allocator().release(blocks[place]);
                blocks[place] = same.get().block();
            } else {
                same = index.insert(last(), lora, tokens, from, blocks[place]);
            }
            same.ifPresentOrElse(shared::add, () -> unknown = true);
        }
    }

    private PrefixIndex.Entry last() {
        return shared.isEmpty() ? index.root() : shared.getLast();
    }

    /** The block numbers; valid until the next {@link #reserve}, {@link #publish} or {@link #release}. */
    public int[] blocks() {
        return blocks;
    }

    /** Gives all blocks back; indexed ones stay known until their room is needed. */
    public void release() {
        for (int i = count - 1; i >= 0; i--) {
            if (i < shared.size()) {
                index.leave(shared.get(i));
            } else {
                index.allocator().release(blocks[i]);
            }
        }
        shared.clear();
        count = 0;
        unknown = false;
    }
}
