package dev.gorgon.train.heads;

import dev.gorgon.kernels.BFloat16;
import dev.gorgon.train.data.Sample;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.function.IntFunction;

/**
 * Writes the shards of one part of a cache. A shard ends with a conversation, and gets its name when it is complete, so what is
 * there after a kill is right and the rest is computed again.
 */
final class StateWriter implements AutoCloseable {

    private static final int BUFFER = 1 << 20;
    /** A kill loses no more work than this. */
    private static final long SHARD_NANOS = 20_000_000_000L;

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final IntFunction<Path> names;
    private final int hidden;
    private final int heads;
    private final long shardBytes;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment buffer = arena.allocate(BUFFER, 64);
    private long buffered;
    private int shard;
    private FileChannel channel;
    private int positions;
    private int[] labels = new int[1 << 12];
    private int[] starts = new int[1 << 10];
    private int conversations;
    private long samples;
    private long begun;

    /**
     * @param names path of the shard of a number
     * @param first number of the first shard to write
     * @param shardBytes size from which on a shard is closed
     */
    StateWriter(IntFunction<Path> names, int first, HeadShape shape, long shardBytes) {
        this.names = names;
        this.shard = first;
        this.hidden = shape.hidden();
        this.heads = shape.heads();
        this.shardBytes = shardBytes;
        this.channel = begin();
    }

    private Path partial() {
        Path path = names.apply(shard);
        return path.resolveSibling(path.getFileName() + ".partial");
    }

    private FileChannel begin() {
        positions = 0;
        conversations = 0;
        samples = 0;
        begun = System.nanoTime();
        try {
            FileChannel opened = FileChannel.open(
                    partial(),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    StandardOpenOption.WRITE);
            AtomicFiles.put(opened, ByteBuffer.allocate(StateShard.HEADER_BYTES));
            return opened;
        } catch (IOException e) {
            throw AtomicFiles.failed("write", partial(), e);
        }
    }

    /**
     * Positions of a sample at which some head has a label, as far as heads of this number look. Where the next token is no label
     * (before the last token of a prompt), the model never speaks when served and heads are never asked: nothing is learned there.
     */
    static boolean wanted(Sample sample, int position, int heads) {
        int next = sample.targets().nextSetBit(position + 2);
        return sample.targets().get(position + 1)
                && next >= 0
                && next < position + 2 + heads
                && next < sample.tokens().length;
    }

    /**
     * Adds a wanted position. Positions of a sample come in order.
     *
     * @param state float32 values
     */
    void add(Sample sample, int position, MemorySegment state) {
        int needed = (positions + 1) * heads;
        labels = needed > labels.length ? Arrays.copyOf(labels, 2 * needed) : labels;
        for (int head = 0; head < heads; head++) {
            int target = position + 2 + head;
            labels[positions * heads + head] =
                    target < sample.tokens().length && sample.targets().get(target)
                            ? sample.tokens()[target]
                            : TrainingRows.NO_LABEL;
        }
        positions++;
        for (int i = 0; i < hidden; i++) {
            float value = state.get(ValueLayout.JAVA_FLOAT, 4L * i);
            if (!Float.isFinite(value)) {
                throw new TrainingException("the model gives hidden states that are not finite for conversation "
                        + sample.id() + "; nothing can be learned from them: check the model's weights");
            }
            if (buffered == BUFFER) {
                flush();
            }
            buffer.set(SHORT, buffered, BFloat16.fromFloat(value));
            buffered += 2;
        }
    }

    private void flush() {
        try {
            AtomicFiles.put(channel, buffer.asSlice(0, buffered).asByteBuffer());
            buffered = 0;
        } catch (IOException e) {
            throw AtomicFiles.failed("write", partial(), e);
        }
    }

    /** The sample, whose positions have been added, is complete. */
    void end(boolean hasPositions, int firstPosition) {
        samples++;
        if (hasPositions) {
            starts = conversations == starts.length ? Arrays.copyOf(starts, 2 * starts.length) : starts;
            starts[conversations++] = firstPosition;
        }
        if (2L * positions * hidden + 4L * positions * heads >= shardBytes
                || (positions > 0 && System.nanoTime() - begun > SHARD_NANOS)) {
            close(true);
        }
    }

    /** Positions of the shard that is being written. */
    int positions() {
        return positions;
    }

    /** Completes the last shard. */
    void finish() {
        close(false);
    }

    private void close(boolean goOn) {
        flush();
        try (FileChannel closing = channel) {
            ByteBuffer tail = ByteBuffer.allocate(4 * (positions * heads + conversations + 1))
                    .order(ByteOrder.LITTLE_ENDIAN);
            tail.asIntBuffer()
                    .put(labels, 0, positions * heads)
                    .put(starts, 0, conversations)
                    .put(positions);
            AtomicFiles.put(closing, tail);
            ByteBuffer header = ByteBuffer.allocate(StateShard.HEADER_BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(0, StateShard.MAGIC)
                    .putInt(8, StateShard.FORMAT)
                    .putInt(12, hidden)
                    .putInt(16, heads)
                    .putInt(20, positions)
                    .putInt(24, conversations)
                    .putLong(32, samples);
            closing.position(0);
            AtomicFiles.put(closing, header);
            closing.force(true);
            Files.move(partial(), names.apply(shard), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw AtomicFiles.failed("write", names.apply(shard), e);
        }
        shard++;
        if (goOn) {
            channel = begin();
        }
    }

    /** Number of shards that are complete. */
    int shards() {
        return shard;
    }

    @Override
    public void close() {
        arena.close();
        try {
            channel.close();
        } catch (IOException e) {
            throw AtomicFiles.failed("close", partial(), e);
        }
    }
}
