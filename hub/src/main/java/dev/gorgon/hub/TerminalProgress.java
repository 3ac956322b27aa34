package dev.gorgon.hub;

import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Shows downloads, or uploads, to whoever started the program: one bar per file on a terminal, else a line when a file begins, now and then, and
 * when it is complete. Thread-safe.
 */
public final class TerminalProgress implements Progress {
    private static final String DOWN = "download";
    private static final String UP = "upload";
    private static final int BAR = 24;
    private static final int NAME = 36;
    private static final long REPAINT_NANOS = Duration.ofMillis(100).toNanos();
    private static final long LINE_NANOS = Duration.ofSeconds(10).toNanos();

    private static final class Transfer {
        final long bytes;
        final long present;
        final long startNanos;
        long done;
        long shownNanos;

        Transfer(long bytes, long present, long nanos) {
            this.bytes = bytes;
            this.present = present;
            this.done = present;
            this.startNanos = nanos;
            this.shownNanos = nanos;
        }

        double bytesPerSecond(long nanos) {
            return (done - present) * 1e9 / Math.max(1, nanos - startNanos);
        }
    }

    private final PrintStream out;
    private final boolean interactive;
    private final LongSupplier nanoTime;
    private final String verb;
    private final Map<String, Transfer> transfers = new LinkedHashMap<>();
    private int paintedLines;
    private long paintedNanos;

    TerminalProgress(PrintStream out, boolean interactive, LongSupplier nanoTime) {
        this(out, interactive, nanoTime, DOWN);
    }

    private TerminalProgress(PrintStream out, boolean interactive, LongSupplier nanoTime, String verb) {
        this.verb = verb;
        this.out = out;
        this.interactive = interactive;
        this.nanoTime = nanoTime;
        this.paintedNanos = nanoTime.getAsLong() - REPAINT_NANOS;
    }

    /** On standard error; bars if somebody watches. */
    public static TerminalProgress onStandardError() {
        return onStandardError(DOWN);
    }

    /** The same for files that leave this machine. */
    public static TerminalProgress ofUploads() {
        return onStandardError(UP);
    }

    private static TerminalProgress onStandardError(String verb) {
        Console console = System.console();
        boolean watched = console != null
                && console.isTerminal()
                && !"dumb".equals(System.getenv().getOrDefault("TERM", "dumb"));
        return new TerminalProgress(System.err, watched, System::nanoTime, verb);
    }

    @Override
    public synchronized void begin(String file, long bytes, long present) {
        boolean again = transfers.put(file, new Transfer(bytes, present, nanoTime.getAsLong())) != null;
        if (interactive) {
            repaint(true);
        } else {
            out.println(verb + (again ? "ing again " : "ing ") + file + ", " + size(bytes)
                    + (present > 0 ? ", " + size(present) + " of it are here" : ""));
        }
    }

    @Override
    public synchronized void advance(String file, long bytes) {
        Transfer transfer = transfers.get(file);
        if (transfer == null) {
            return;
        }
        transfer.done += bytes;
        long now = nanoTime.getAsLong();
        if (interactive) {
            repaint(false);
        } else if (now - transfer.shownNanos >= LINE_NANOS) {
            transfer.shownNanos = now;
            out.println(file + ": " + figures(transfer, now));
        }
    }

    @Override
    public synchronized void end(String file) {
        Transfer transfer = transfers.remove(file);
        if (transfer == null) {
            return;
        }
        long now = nanoTime.getAsLong();
        String done =
                verb + "ed " + file + ", " + size(transfer.bytes) + " in " + time((now - transfer.startNanos) / 1e9);
        if (interactive) {
            erase();
            out.println(done);
            repaint(true);
        } else {
            out.println(done);
        }
    }

    private void repaint(boolean atOnce) {
        long now = nanoTime.getAsLong();
        if (!atOnce && now - paintedNanos < REPAINT_NANOS) {
            return;
        }
        paintedNanos = now;
        erase();
        transfers.forEach((file, transfer) -> out.println(bar(file, transfer, now)));
        paintedLines = transfers.size();
        out.flush();
    }

    /** Up to the first bar, and nothing from there on. */
    private void erase() {
        if (paintedLines > 0) {
            out.print("\u001b[" + paintedLines + "A\u001b[J");
            paintedLines = 0;
        }
    }

    private static String bar(String file, Transfer transfer, long now) {
        double part = transfer.bytes == 0 ? 1 : Math.min(1.0, (double) transfer.done / transfer.bytes);
        int full = (int) Math.round(part * BAR);
        String name = file.length() <= NAME ? file : "…" + file.substring(file.length() - NAME + 1);
        return "%-36s [%s%s] %s".formatted(name, "#".repeat(full), ".".repeat(BAR - full), figures(transfer, now));
    }

    /** As in {@code 12.0 MB of 48.0 MB (25 %), 4.0 MB/s, 9 s left}. */
    private static String figures(Transfer transfer, long now) {
        double rate = transfer.bytesPerSecond(now);
        long percent = transfer.bytes == 0 ? 100 : transfer.done * 100 / transfer.bytes;
        String figures = "%s of %s (%d %%), %s/s"
                .formatted(size(transfer.done), size(transfer.bytes), percent, size((long) rate));
        return rate < 1 ? figures : figures + ", " + time((transfer.bytes - transfer.done) / rate) + " left";
    }

    private static String size(long bytes) {
        if (bytes < 1000) {
            return bytes + " B";
        }
        double value = bytes;
        int unit = -1;
        while (value >= 999.95) {
            value /= 1000;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f %sB", value, "kMGTPE".charAt(unit));
    }

    private static String time(double seconds) {
        long whole = Math.round(seconds);
        if (whole < 60) {
            return whole + " s";
        }
        return whole < 3600
                ? "%d:%02d min".formatted(whole / 60, whole % 60)
                : "%d:%02d h".formatted(whole / 3600, whole / 60 % 60);
    }
}
