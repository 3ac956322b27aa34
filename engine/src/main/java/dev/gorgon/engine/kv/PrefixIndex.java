package dev.gorgon.engine.kv;

import dev.gorgon.engine.backend.KvStorage;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Full blocks that can be used again: what they hold depends on the tokens up to their end and on the LoRA that computed them, and
 * on nothing else, so a sequence that begins with the same tokens under the same LoRA takes them over and gets the same bits.
 * Blocks form trees, one level per block, and are found by a hash chained along the path. A hash is never trusted: LoRA, tokens and
 * predecessor are compared.
 *
 * <p>The index holds one reference to each of its blocks. A block that no sequence uses is idle; idle blocks count as available, and
 * are given up when nothing else is free: least recently used first, and never before the blocks that follow them. A sequence uses
 * whole paths, so what follows an idle block is idle, too. Engine thread only.
 */
public final class PrefixIndex {

    private final BlockAllocator allocator;
    private final boolean enabled;
    private final Hash hash;
    private final Map<Long, Entry> entries = new HashMap<>();
    private final Entry root = new Entry("", new int[0], 0, -1);
    /** Idle entries that nothing follows, least recently used first. */
    private final TreeSet<Entry> evictable = new TreeSet<>(
            Comparator.<Entry>comparingLong(entry -> entry.lastUsed).thenComparingInt(entry -> entry.block));

    private int idle;
    private long clock;
    private long lookups;
    private long hitTokens;
    private long evictions;

    /** How hashes are chained; replaced in tests only. */
    @FunctionalInterface
    interface Hash {
        long extend(long hash, int value);
    }

    /** @param enabled whether to keep anything; if not, this is just the allocator */
    public PrefixIndex(BlockAllocator allocator, boolean enabled) {
        this(allocator, enabled, PrefixIndex::mix);
    }

    PrefixIndex(BlockAllocator allocator, boolean enabled, Hash hash) {
        this.allocator = allocator;
        this.enabled = enabled;
        this.hash = hash;
    }

    /** Finalizer of SplitMix64 over the hash so far and the next value. */
    private static long mix(long hash, int value) {
        long z = hash + 0x9e3779b97f4a7c15L * (value + 1L);
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    /** A block in the index. */
    static final class Entry {
        private final String lora;
        private final int[] tokens;
        private final long hash;
        private final int block;
        private Optional<Entry> parent = Optional.empty();
        private int children;
        /** Sequences that use it. */
        private int users;

        private long lastUsed;

        private Entry(String lora, int[] tokens, long hash, int block) {
            this.lora = lora;
            this.tokens = tokens;
            this.hash = hash;
            this.block = block;
        }

        int block() {
            return block;
        }

        private boolean holds(Entry predecessor, String identity, int[] all, int from) {
            return parent.orElse(this) == predecessor
                    && lora.equals(identity)
                    && Arrays.equals(tokens, 0, tokens.length, all, from, from + tokens.length);
        }
    }

    BlockAllocator allocator() {
        return allocator;
    }

    /** What precedes the first block of every path. */
    Entry root() {
        return root;
    }

    /** Blocks that can be had: free ones and idle ones. */
    public int availableBlocks() {
        return allocator.freeBlocks() + idle;
    }

    /** Takes a block with one reference, giving up an idle one if none is free. */
    int allocate() {
        if (allocator.freeBlocks() == 0 && !evictable.isEmpty()) {
            evict(evictable.removeFirst());
        }
        return allocator.allocate();
    }

    private void evict(Entry entry) {
        entries.remove(entry.hash);
        idle--;
        evictions++;
        allocator.release(entry.block);
        Entry parent = entry.parent.orElseThrow();
        parent.children--;
        if (isEvictable(parent)) {
            evictable.add(parent);
        }
    }

    private boolean isEvictable(Entry entry) {
        return entry != root && entry.children == 0 && entry.users == 0;
    }

    private long hashOf(Entry predecessor, String lora, int[] tokens, int from) {
        long value = predecessor.hash;
        if (predecessor == root) {
            for (int i = 0; i < lora.length(); i++) {
                value = hash.extend(value, lora.charAt(i));
            }
        }
        for (int i = from; i < from + KvStorage.BLOCK; i++) {
            value = hash.extend(value, tokens[i]);
        }
        return value;
    }

    /** The block after {@code predecessor} that holds {@code tokens} from {@code from} on; not yet used by the caller. */
    Optional<Entry> find(Entry predecessor, String lora, int[] tokens, int from) {
        if (!enabled) {
            return Optional.empty();
        }
        Entry entry = entries.get(hashOf(predecessor, lora, tokens, from));
        return entry != null && entry.holds(predecessor, lora, tokens, from) ? Optional.of(entry) : Optional.empty();
    }

    /**
     * Puts a sequence's full block into the index, used by that sequence.
     *
     * @return empty if another block has the same hash: then this one, and what follows it, stays unknown
     */
    Optional<Entry> insert(Entry predecessor, String lora, int[] tokens, int from, int block) {
        long key = hashOf(predecessor, lora, tokens, from);
        if (!enabled || entries.containsKey(key)) {
            return Optional.empty();
        }
        Entry entry = new Entry(lora, Arrays.copyOfRange(tokens, from, from + KvStorage.BLOCK), key, block);
        entry.parent = Optional.of(predecessor);
        entry.users = 1;
        predecessor.children++;
        entries.put(key, entry);
        allocator.retain(block);
        return Optional.of(entry);
    }

    /** A sequence begins to use a block. */
    void use(Entry entry) {
        if (entry.users++ == 0) {
            evictable.remove(entry);
            idle--;
        }
        allocator.retain(entry.block);
    }

    /** A sequence no longer uses a block; to be called from the end of its path to the beginning. */
    void leave(Entry entry) {
        allocator.release(entry.block);
        if (--entry.users == 0) {
            idle++;
            entry.lastUsed = ++clock;
            if (isEvictable(entry)) {
                evictable.add(entry);
            }
        }
    }

    /** Counts a sequence that starts with what it has found. */
    public void countLookup(int positions) {
        if (enabled) {
            lookups++;
            hitTokens += positions;
        }
    }

    public PrefixStats stats() {
        return new PrefixStats(lookups, hitTokens, evictions, entries.size());
    }

    /** Checks the counts of this index and its allocator against each other; for idle moments and tests. */
    public void checkIntegrity() {
        allocator.checkIntegrity();
        Map<Entry, Integer> children = new HashMap<>();
        int unused = 0;
        int ends = 0;
        for (Entry entry : entries.values()) {
            children.merge(entry.parent.orElseThrow(), 1, Integer::sum);
            if (allocator.references(entry.block) != entry.users + 1) {
                throw new IllegalStateException("block " + entry.block + " has " + allocator.references(entry.block)
                        + " references, but " + entry.users + " sequences use it");
            }
            unused += entry.users == 0 ? 1 : 0;
            ends += isEvictable(entry) ? 1 : 0;
            if (isEvictable(entry) != evictable.contains(entry)) {
                throw new IllegalStateException("block " + entry.block + " can be given up, or not, against the list");
            }
        }
        for (Entry entry : entries.values()) {
            if (entry.children != children.getOrDefault(entry, 0)) {
                throw new IllegalStateException("block " + entry.block + " lost sight of what follows it");
            }
            if (entry.users > 0 && entry.parent.orElseThrow() != root && entry.parent.orElseThrow().users == 0) {
                throw new IllegalStateException("block " + entry.block + " is in use, but not what precedes it");
            }
        }
        if (unused != idle || ends != evictable.size()) {
            throw new IllegalStateException("idle blocks are miscounted: " + idle + " for " + unused + ", "
                    + evictable.size() + " for " + ends);
        }
    }
}
