package dev.gorgon.kernels;

/**
 * Where the pages of one sequence lie for one layer and one key/value head.
 *
 * @param layout layout of a page
 * @param base address of the page that block 0 of the cache has for this layer and head
 * @param blockStride bytes from a block to the next
 * @param blocks the sequence's block table: cache block of each run of {@link KvLayout#BLOCK} slots
 */
public record KvPages(KvLayout layout, long base, long blockStride, int[] blocks) {

    /** Address of the page that holds a slot. */
    public long page(int slot) {
        return base + blocks[slot / KvLayout.BLOCK] * blockStride;
    }
}
