package dev.gorgon.hub.huggingface;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheLockTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @Test
    void oneAtATime() throws Exception {
        Path file = folder.resolve("a/b.lock");
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        try (ExecutorService threads = Executors.newFixedThreadPool(6)) {
            List<Future<?>> all = java.util.stream.IntStream.range(0, 6)
                    .<Future<?>>mapToObj(_ -> threads.submit(() -> {
                        try (CacheLock _ = CacheLock.acquire(file)) {
                            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                            Thread.sleep(20);
                            inside.decrementAndGet();
                        }
                        return null;
                    }))
                    .toList();
            for (Future<?> one : all) {
                one.get();
            }
        }
        assertThat(most).hasValue(1);
        assertThat(file).exists();
    }

    /** util-linux's flock takes the kind of lock that Python takes. */
    @Test
    void othersWithFlockAreKeptOutAndKeepUsOut() throws Exception {
        assumeTrue(NativeFlock.find().isPresent() && Files.isExecutable(Path.of("/usr/bin/flock")));
        Path file = folder.resolve("x.lock");
        try (CacheLock _ = CacheLock.acquire(file)) {
            assertThat(flock(file, "true").waitFor()).isEqualTo(1);
        }
        assertThat(flock(file, "true").waitFor()).isZero();
        Process holder = flock(file, "echo", "held;", "cat");
        try {
            assertThat(holder.inputReader().readLine()).isEqualTo("held");
            NativeFlock flock = NativeFlock.find().orElseThrow();
            assertThat(flock.tryLock(file)).isEmpty();
            holder.getOutputStream().close();
            assertThat(holder.waitFor()).isZero();
            flock.release(flock.tryLock(file).orElseThrow());
        } finally {
            holder.destroyForcibly();
        }
    }

    private static Process flock(Path file, String... command) throws IOException {
        return new ProcessBuilder("/usr/bin/flock", "-n", file.toString(), "-c", String.join(" ", command)).start();
    }

    /** Older versions of Python remove the lock file when they are done. */
    @Test
    void aRemovedFileLocksNobodyOut() throws IOException {
        Path file = folder.resolve("x.lock");
        try (CacheLock _ = CacheLock.acquire(file)) {
            Files.delete(file);
            try (CacheLock second = CacheLock.acquire(file)) {
                assertThat(second).isNotNull();
            }
        }
    }
}
