package dev.gorgon.engine.backend.cpu;

import dev.gorgon.engine.backend.KvStorage;
import dev.gorgon.kernels.KvLayout;
import dev.gorgon.kernels.KvPages;
import dev.gorgon.kernels.LargeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Key/value pages in main memory: {@code [layer][head][block]}, so that a head's pages of one layer lie together. */
final class CpuKvStorage implements KvStorage {

    private final MemorySegment memory;
    private final KvLayout layout;
    private final int blocks;
    private final int layers;
    private final int kvHeads;

    CpuKvStorage(Arena arena, KvLayout layout, int blocks, int layers, int kvHeads) {
        this.layout = layout;
        this.blocks = blocks;
        this.layers = layers;
        this.kvHeads = kvHeads;
        this.memory = LargeMemory.allocate(arena, layout.pageBytes() * blocks * layers * kvHeads);
    }

    @Override
    public int blocks() {
        return blocks;
    }

    @Override
    public long blockBytes() {
        return layout.pageBytes() * layers * kvHeads;
    }

    KvPages pages(int layer, int kvHead, int[] blockTable) {
        long base = memory.address() + layout.pageBytes() * blocks * ((long) layer * kvHeads + kvHead);
        return new KvPages(layout, base, layout.pageBytes(), blockTable);
    }

    @Override
    public void move(int[] blockTable, int fromSlot, int toSlot) {
        for (int layer = 0; layer < layers; layer++) {
            for (int head = 0; head < kvHeads; head++) {
                KvPages pages = pages(layer, head, blockTable);
                layout.copy(pages.page(fromSlot), fromSlot % BLOCK, pages.page(toSlot), toSlot % BLOCK);
            }
        }
    }

    @Override
    public long fingerprint(int[] blockTable, int slot) {
        long hash = 1;
        for (int layer = 0; layer < layers; layer++) {
            for (int head = 0; head < kvHeads; head++) {
                hash = layout.fingerprint(pages(layer, head, blockTable).page(slot), slot % BLOCK, hash);
            }
        }
        return hash;
    }
}
