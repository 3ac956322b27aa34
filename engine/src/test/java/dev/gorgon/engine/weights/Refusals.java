package dev.gorgon.engine.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;

/** Checks that a file is refused with a message for people, and that finding out took little memory and time. */
public final class Refusals {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final long MEBIBYTE = 1 << 20;

    private Refusals() {}

    /** The exception and the heap memory that was allocated until it was thrown. */
    private record Outcome(RuntimeException exception, long allocated) {}

    /** Opens an adapter folder; returns the message with which it is refused. */
    public static String ofAdapter(Path folder, int maxMebibytes) {
        return message(() -> Checkpoint.openAdapter(folder), folder, maxMebibytes);
    }

    /**
     * The message with which something is refused.
     *
     * @param named must occur in the message
     * @param maxMebibytes heap memory that may be allocated
     */
    public static String message(Supplier<? extends AutoCloseable> opening, Path named, int maxMebibytes) {
        Outcome outcome = assertTimeoutPreemptively(Duration.ofSeconds(20), () -> measure(opening));
        if (outcome.allocated / MEBIBYTE > maxMebibytes) {
            // the first time may have loaded classes
            outcome = assertTimeoutPreemptively(Duration.ofSeconds(20), () -> measure(opening));
        }
        String message = String.valueOf(outcome.exception.getMessage());
        assertThat(message)
                .contains(named.toString())
                .doesNotContain("Exception")
                .doesNotContain("StreamRead")
                .doesNotContain("java.")
                .doesNotContain("dev.gorgon")
                .doesNotContain("\n");
        assertThat(message.length()).isLessThan(1000);
        assertThat(outcome.allocated / MEBIBYTE)
                .as("mebibytes allocated until: " + message)
                .isLessThanOrEqualTo(maxMebibytes);
        return message;
    }

    private static Outcome measure(Supplier<? extends AutoCloseable> opening) throws Exception {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try {
            opening.get().close();
        } catch (WeightsException e) {
            return new Outcome(e, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
        throw new AssertionError("it was not refused");
    }
}
