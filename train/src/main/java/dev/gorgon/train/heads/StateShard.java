package dev.gorgon.train.heads;

import dev.gorgon.kernels.FloatMatrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file of hidden states and labels, mapped into memory. All numbers are little-endian:
 *
 * <pre>
 *  header   64 bytes: magic, format, hidden size, heads, positions, conversations, samples consumed from the source
 *  states   [positions][hidden] bfloat16
 *  labels   [positions][heads] int32, −1 for none
 *  starts   [conversations + 1] int32, first position of each conversation
 * </pre>
 *
 * @param samples of the source that went into it, those without a label included
 */
record StateShard(MemorySegment data, int hidden, int heads, int positions, int conversations, long samples) {

    static final long MAGIC = 0x53455441_5453474fL; // "OGSTATES"
    static final int FORMAT = 1;
    static final int HEADER_BYTES = 64;

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /**
     * Maps and checks a file.
     *
     * @throws TrainingException if it cannot be read or is damaged
     */
    static StateShard open(Path file, Arena arena) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment data = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            if (data.byteSize() < HEADER_BYTES || data.get(LONG, 0) != MAGIC || data.get(INT, 8) != FORMAT) {
                throw damaged(file);
            }
            StateShard shard = new StateShard(
                    data,
                    data.get(INT, 12),
                    data.get(INT, 16),
                    data.get(INT, 20),
                    data.get(INT, 24),
                    data.get(LONG, 32));
            if (shard.hidden < 1
                    || shard.heads < 1
                    || shard.positions < 0
                    || shard.conversations < 0
                    || shard.startsAt() + 4L * (shard.conversations + 1L) != data.byteSize()) {
                throw damaged(file);
            }
            return shard;
        } catch (IOException e) {
            throw AtomicFiles.failed("read", file, e);
        }
    }

    private static TrainingException damaged(Path file) {
        return new TrainingException(
                file + " is not a complete file of hidden states; remove it, and it will be computed again");
    }

    private long labelsAt() {
        return HEADER_BYTES + 2L * positions * hidden;
    }

    private long startsAt() {
        return labelsAt() + 4L * positions * heads;
    }

    int label(int position, int head) {
        return data.get(INT, labelsAt() + 4L * ((long) position * heads + head));
    }

    /** First position of a conversation; of the number of conversations, the number of positions. */
    int start(int conversation) {
        return data.get(INT, startsAt() + 4L * conversation);
    }

    void read(int position, FloatMatrix target, int row) {
        long from = HEADER_BYTES + 2L * position * hidden;
        MemorySegment to = target.segment();
        long at = 4L * row * target.stride();
        for (int i = 0; i < hidden; i++) {
            to.set(ValueLayout.JAVA_FLOAT, at + 4L * i, Float.intBitsToFloat(data.get(SHORT, from + 2L * i) << 16));
        }
    }
}
