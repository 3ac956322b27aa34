package dev.gorgon.engine.backend.cpu;

import dev.gorgon.kernels.FloatMatrix;
import dev.gorgon.kernels.Kernels;
import dev.gorgon.kernels.LargeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory that operations use and forget. It grows to what was once needed and stays. */
final class Scratch implements AutoCloseable {

    private Arena shrunkArena = Arena.ofShared();
    private MemorySegment shrunk = shrunkArena.allocate(1 << 16, 64);
    private final Arena[] attentionArenas;
    private final FloatMatrix[] attention;

    private final Arena[] normedArenas;
    private final FloatMatrix[] normed;
    private final Arena[] packedArenas;
    /** Packed inputs: of each worker for itself, and in the end of all together. */
    private final MemorySegment[] packed;

    Scratch(int workers) {
        normedArenas = new Arena[workers];
        normed = new FloatMatrix[workers];
        for (int i = 0; i < workers; i++) {
            normedArenas[i] = Arena.ofShared();
            normed[i] = FloatMatrix.allocate(normedArenas[i], 1, 1);
        }
        packedArenas = new Arena[workers + 1];
        packed = new MemorySegment[workers + 1];
        for (int i = 0; i <= workers; i++) {
            packedArenas[i] = Arena.ofShared();
            packed[i] = packedArenas[i].allocate(1 << 16, 64);
        }
        attentionArenas = new Arena[workers];
        attention = new FloatMatrix[workers];
        for (int i = 0; i < workers; i++) {
            attentionArenas[i] = Arena.ofShared();
            attention[i] = FloatMatrix.allocate(attentionArenas[i], 1, Kernels.attentionScratch(256));
        }
    }

    /** Floats that there is room for in {@link #shrunk}. */
    long shrunkFloats() {
        return shrunk.byteSize() / Float.BYTES;
    }

    /** Room for rows times the A of low-rank changes; {@link #reserveShrunk} must have made it large enough. */
    FloatMatrix shrunk(int rows, int columns) {
        return new FloatMatrix(shrunk, rows, columns, columns);
    }

    /** Makes room; called by one worker while no other uses it. */
    void reserveShrunk(long floats) {
        if (floats > shrunkFloats()) {
            shrunkArena.close();
            shrunkArena = Arena.ofShared();
            shrunk = shrunkArena.allocate(2 * Float.BYTES * floats, 64);
        }
    }

    /** A worker's scores, large enough for contexts of {@code slots} slots. */
    FloatMatrix attention(int worker, int slots) {
        int needed = Kernels.attentionScratch(slots);
        if (attention[worker].columns() < needed) {
            Arena old = attentionArenas[worker];
            attentionArenas[worker] = Arena.ofShared();
            attention[worker] = FloatMatrix.allocate(attentionArenas[worker], 1, 2 * needed);
            old.close();
        }
        return attention[worker];
    }

    /** A worker's own room for normed rows. */
    FloatMatrix normed(int worker, int rows, int columns) {
        FloatMatrix room = normed[worker];
        if (room.rows() < rows || room.columns() != columns) {
            normedArenas[worker].close();
            normedArenas[worker] = Arena.ofShared();
            room = FloatMatrix.allocate(normedArenas[worker], 2 * rows, columns);
            normed[worker] = room;
        }
        return room.rows(0, rows);
    }

    /** A worker's own room for packed inputs. */
    MemorySegment packed(int worker, long bytes) {
        if (packed[worker].byteSize() < bytes) {
            packedArenas[worker].close();
            packedArenas[worker] = Arena.ofShared();
            packed[worker] = LargeMemory.allocate(packedArenas[worker], 2 * bytes);
        }
        return packed[worker];
    }

    /** The room for inputs that workers pack together; {@link #reservePacked} must have made it large enough. */
    MemorySegment packed() {
        return packed[packed.length - 1];
    }

    /** Makes room; called by one worker while no other uses it. */
    void reservePacked(long bytes) {
        packed(packed.length - 1, bytes);
    }

    @Override
    public void close() {
        shrunkArena.close();
        for (Arena arena : packedArenas) {
            arena.close();
        }
        for (Arena arena : normedArenas) {
            arena.close();
        }
        for (Arena arena : attentionArenas) {
            arena.close();
        }
    }
}
