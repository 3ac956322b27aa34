package dev.gorgon.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CountDownLatch;
import jdk.incubator.vector.FloatVector;

/**
 * Measures how fast this machine reads memory: several threads sum disjoint parts of a buffer much larger than the caches. What
 * decoding a large model can reach at best.
 */
public final class BandwidthProbe implements AutoCloseable {

    private static final int UNROLL = 4;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer;
    private final int threads;
    private volatile float sink;

    /**
     * @param bytes size of the buffer
     * @param threads readers
     */
    public BandwidthProbe(long bytes, int threads) {
        this.buffer = arena.allocate(bytes, 4096);
        this.buffer.fill((byte) 1);
        this.threads = threads;
    }

    /** Reads the whole buffer once; bytes per second. */
    public double measure() {
        CountDownLatch done = new CountDownLatch(threads);
        long start = System.nanoTime();
        for (int i = 0; i < threads; i++) {
            long from = buffer.byteSize() / threads * i;
            long length = buffer.byteSize() / threads;
            Thread.ofPlatform().start(() -> {
                sink = sum(buffer.address() + from, length);
                done.countDown();
            });
        }
        try {
            done.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return buffer.byteSize() * 1e9 / (System.nanoTime() - start);
    }

    private static float sum(long address, long bytes) {
        int step = UNROLL * VectorMath.VECTOR_BYTES;
        // two streams, as the kernels have
        long half = bytes / 2 / step * step;
        FloatVector a = FloatVector.zero(VectorMath.FLOATS);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        int turns = (int) (half / step * 2);
        for (int i = 0; i < turns; i++) {
            long at = address + (long) i * (step / 2);
            a = a.add(VectorMath.load(at));
            b = b.add(VectorMath.load(at + VectorMath.VECTOR_BYTES));
            c = c.add(VectorMath.load(at + half));
            d = d.add(VectorMath.load(at + half + VectorMath.VECTOR_BYTES));
        }
        return a.add(b).add(c.add(d)).lane(0);
    }

    /** Keeps the sums from being optimised away; of no other use. */
    public float sink() {
        return sink;
    }

    @Override
    public void close() {
        arena.close();
    }
}
