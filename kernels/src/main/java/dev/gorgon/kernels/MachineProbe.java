package dev.gorgon.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CountDownLatch;
import java.util.function.IntConsumer;

/**
 * Measures what this machine can do at best: how fast its threads together read a buffer much larger than the caches, and how
 * fast they multiply in registers. What decoding and prefill of a large model are compared to.
 */
public final class MachineProbe implements AutoCloseable {

    private static final long PEAK_TURNS = 20_000_000;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer;
    private final Kernels kernels;
    private final int threads;
    private volatile float sink;

    /**
     * @param kernels the provider whose reads and multiplications are measured
     * @param bytes size of the buffer
     * @param threads workers
     */
    public MachineProbe(Kernels kernels, long bytes, int threads) {
        this.kernels = kernels;
        this.buffer = LargeMemory.allocate(arena, bytes);
        this.buffer.fill((byte) 1);
        this.threads = threads;
    }

    /** Reads the whole buffer once; bytes per second. */
    public double bandwidth() {
        long share = buffer.byteSize() / threads;
        double seconds = time(thread -> sink = kernels.read(buffer.asSlice(share * thread, share)));
        return share * threads / seconds;
    }

    /** Multiplications and additions per second, with weights of a format. */
    public double peak(WeightFormat format) {
        long[] operations = new long[threads];
        double seconds = time(thread -> operations[thread] = kernels.peak(format, PEAK_TURNS));
        long all = 0;
        for (long one : operations) {
            all += one;
        }
        return all / seconds;
    }

    private double time(IntConsumer work) {
        CountDownLatch ready = new CountDownLatch(threads);
        CountDownLatch start = new CountDownLatch(1);
        CountDownLatch done = new CountDownLatch(threads);
        for (int i = 0; i < threads; i++) {
            int thread = i;
            Thread.ofPlatform().start(() -> {
                ready.countDown();
                await(start);
                work.accept(thread);
                done.countDown();
            });
        }
        await(ready);
        long begin = System.nanoTime();
        start.countDown();
        await(done);
        return (System.nanoTime() - begin) * 1e-9;
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while measuring", e);
        }
    }

    /** Keeps the reads from being optimised away; of no other use. */
    public float sink() {
        return sink;
    }

    @Override
    public void close() {
        arena.close();
    }
}
