package dev.gorgon.train.heads;

import dev.gorgon.kernels.FloatMatrix;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Complete shards, as one sequence of positions. What is not in use stays on the disk. */
final class StateCache implements TrainingRows, AutoCloseable {

    private final Arena arena = Arena.ofShared();
    private final List<StateShard> shards = new ArrayList<>();
    private final long[] firstPositions;
    private final long[] firstConversations;

    /** @throws TrainingException if a file cannot be read, is damaged, or has another shape */
    StateCache(List<Path> files, HeadShape shape) {
        firstPositions = new long[files.size() + 1];
        firstConversations = new long[files.size() + 1];
        try {
            for (int i = 0; i < files.size(); i++) {
                StateShard shard = StateShard.open(files.get(i), arena);
                if (shard.hidden() != shape.hidden() || shard.heads() != shape.heads()) {
                    throw new TrainingException(files.get(i) + " holds states of size " + shard.hidden() + " for "
                            + shard.heads() + " heads, not " + shape.hidden() + " for " + shape.heads());
                }
                shards.add(shard);
                firstPositions[i + 1] = firstPositions[i] + shard.positions();
                firstConversations[i + 1] = firstConversations[i] + shard.conversations();
            }
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    /** Samples of the source that went into it. */
    long samples() {
        return shards.stream().mapToLong(StateShard::samples).sum();
    }

    /** The shard that holds an element: the last one that begins at or before it. */
    private static int find(long[] firsts, long index) {
        int found = Arrays.binarySearch(firsts, index);
        int shard = found >= 0 ? found : -found - 2;
        while (shard + 1 < firsts.length - 1 && firsts[shard + 1] == index) {
            shard++; // empty shards begin where the next one does
        }
        return shard;
    }

    @Override
    public long positions() {
        return firstPositions[shards.size()];
    }

    @Override
    public long conversations() {
        return firstConversations[shards.size()];
    }

    @Override
    public long firstPosition(long conversation) {
        if (conversation == conversations()) {
            return positions();
        }
        int shard = find(firstConversations, conversation);
        return firstPositions[shard] + shards.get(shard).start((int) (conversation - firstConversations[shard]));
    }

    @Override
    public void read(long position, FloatMatrix target, int row) {
        int shard = find(firstPositions, position);
        shards.get(shard).read((int) (position - firstPositions[shard]), target, row);
    }

    @Override
    public int label(long position, int head) {
        int shard = find(firstPositions, position);
        return shards.get(shard).label((int) (position - firstPositions[shard]), head);
    }

    @Override
    public void close() {
        arena.close();
    }
}
