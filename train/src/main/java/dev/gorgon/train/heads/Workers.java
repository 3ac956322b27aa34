package dev.gorgon.train.heads;

import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Threads that work off numbered tasks together. Which thread does a task, and when, is left to chance; tasks must write to places of
 * their own, so that it does not show.
 */
final class Workers implements AutoCloseable {

    private final int size;
    private final ExecutorService threads;

    Workers(int size) {
        if (size < 1) {
            throw new IllegalArgumentException("training needs at least one thread, got " + size);
        }
        this.size = size;
        this.threads = Executors.newFixedThreadPool(
                size, Thread.ofPlatform().name("gorgon-train-", 0).daemon().factory());
    }

    int size() {
        return size;
    }

    /** A piece of work: the number of the task, and of the worker that does it. */
    interface Task {
        void run(int task, int worker);
    }

    /** Does tasks 0 to {@code count} (exclusive) and returns when all are done; a failure is thrown. */
    void run(int count, Task work) {
        AtomicInteger next = new AtomicInteger();
        AtomicReference<Optional<Throwable>> failure = new AtomicReference<>(Optional.empty());
        CountDownLatch done = new CountDownLatch(size);
        for (int i = 0; i < size; i++) {
            int worker = i;
            threads.execute(() -> {
                try {
                    for (int task = next.getAndIncrement(); task < count; task = next.getAndIncrement()) {
                        work.run(task, worker);
                    }
                } catch (Throwable e) {
                    failure.set(Optional.of(e));
                    next.set(count);
                } finally {
                    done.countDown();
                }
            });
        }
        await(done);
        if (failure.get().isPresent()) {
            Throwable thrown = failure.get().get();
            throw thrown instanceof RuntimeException e
                    ? e
                    : new IllegalStateException("training failed: " + thrown, thrown);
        }
    }

    /** Also when interrupted: the tasks write to memory that the caller may free. */
    private static void await(CountDownLatch done) {
        boolean interrupted = false;
        while (true) {
            try {
                done.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}
