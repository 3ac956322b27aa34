package dev.gorgon.cli;

import dev.gorgon.train.distill.Progress;
import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Shows how far a run is: a line that changes in place on a terminal, else a new line now and then. */
final class ProgressLine implements AutoCloseable {

    private static final int BAR = 24;
    private static final long TERMINAL_MILLIS = 250;
    private static final long PLAIN_MILLIS = 10_000;
    /** Back to the first column, and the rest of the line empty. */
    private static final String REWIND = "\r\u001b[K";

    private final PrintStream out;
    private final boolean terminal;
    private final Supplier<Progress> progress;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;

    /** @param terminal whether the output is one that a person looks at */
    ProgressLine(PrintStream out, boolean terminal, Supplier<Progress> progress) {
        this.out = out;
        this.terminal = terminal;
        this.progress = progress;
        this.thread = Thread.ofPlatform().daemon().name("gorgon-progress").start(this::show);
    }

    /** Whether somebody sits before the standard streams. */
    static boolean onTerminal() {
        return System.console() != null && System.console().isTerminal();
    }

    private void show() {
        try {
            while (!closed.await(terminal ? TERMINAL_MILLIS : PLAIN_MILLIS, TimeUnit.MILLISECONDS)) {
                print(terminal ? REWIND + bar(progress.get()) : plain(progress.get()) + "\n");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void print(String text) {
        out.print(text);
        out.flush();
    }

    static String plain(Progress now) {
        long finished = now.before() + now.done();
        return String.format(
                Locale.ROOT,
                "%d of %d conversations (%d %%)%s, %.0f tokens/s%s",
                finished,
                now.total(),
                100 * finished / now.total(),
                now.failed() == 0 ? "" : ", " + now.failed() + " failed",
                now.tokensPerSecond(),
                now.left() == 0 || now.nanosLeft() == 0 ? "" : ", about " + duration(now.nanosLeft()) + " left");
    }

    private static String bar(Progress now) {
        int filled = (int) (BAR * (now.before() + now.done() + now.failed()) / now.total());
        return "[" + "#".repeat(filled) + ".".repeat(BAR - filled) + "] " + plain(now);
    }

    /** A time in its two largest units. */
    static String duration(long nanos) {
        long seconds = (nanos + 999_999_999) / 1_000_000_000;
        if (seconds < 60) {
            return seconds + " s";
        }
        if (seconds < 3600) {
            return seconds / 60 + " min " + seconds % 60 + " s";
        }
        return seconds / 3600 + " h " + seconds % 3600 / 60 + " min";
    }

    /** Shows nothing more. */
    @Override
    public void close() {
        closed.countDown();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (terminal) {
            print(REWIND);
        }
    }
}
