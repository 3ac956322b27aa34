package dev.gorgon.cli;

import dev.gorgon.train.heads.EvaluationMetrics;
import dev.gorgon.train.heads.StepMetrics;
import dev.gorgon.train.heads.TrainingListener;
import dev.gorgon.train.heads.TrainingPlan;
import dev.gorgon.train.heads.TrainingReport;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Tells how a training goes: one line that is overwritten on a terminal, else a line now and then. */
final class TrainingProgress implements TrainingListener {

    private static final long TERMINAL_NANOS = 200_000_000L;
    private static final long LOG_NANOS = 10_000_000_000L;

    private final PrintStream out;
    private final boolean terminal;
    private final long begun = System.nanoTime();
    private long shown;
    private boolean open;
    private TrainingPlanStart start = new TrainingPlanStart(0, 0, 1);
    private long labels;
    private long lastEvent;
    /** Time that steps took, without evaluations. */
    private long stepNanos;

    /** When the loop began, and where. */
    private record TrainingPlanStart(long nanos, long step, long steps) {}

    TrainingProgress(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    private boolean isTime() {
        return System.nanoTime() - shown > (terminal ? TERMINAL_NANOS : LOG_NANOS);
    }

    private void show(String line) {
        shown = System.nanoTime();
        open = terminal;
        out.print(terminal ? "\r" + line + "\u001b[K" : line + "\n");
        out.flush();
    }

    private void line(String text) {
        if (open) {
            out.print("\r\u001b[K");
            open = false;
        }
        out.println(text);
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }

    private static String duration(double seconds) {
        long whole = Math.round(seconds);
        return whole < 60
                ? whole + " s"
                : whole < 3600
                        ? format("%d:%02d min", whole / 60, whole % 60)
                        : format("%d:%02d h", whole / 3600, whole % 3600 / 60);
    }

    @Override
    public void onStates(long samples, long positions) {
        if (isTime()) {
            show(format(
                    "hidden states: %,d conversations, %,d positions, %,.0f positions/s",
                    samples, positions, positions / ((System.nanoTime() - begun) * 1e-9)));
        }
    }

    @Override
    public void onStart(TrainingPlan plan) {
        line(format(
                "training %d heads on %,d positions of %,d conversations (%,d positions held out): %,d steps%s",
                plan.shape().heads(),
                plan.positions(),
                plan.conversations(),
                plan.heldOutPositions(),
                plan.totalSteps(),
                plan.firstStep() > 0 ? format(", going on after step %,d", plan.firstStep()) : ""));
        start = new TrainingPlanStart(System.nanoTime(), plan.firstStep(), plan.totalSteps());
        lastEvent = System.nanoTime();
    }

    @Override
    public void onStep(StepMetrics metrics) {
        labels += metrics.heads().getFirst().labels();
        stepNanos += System.nanoTime() - lastEvent;
        lastEvent = System.nanoTime();
        if (!isTime()) {
            return;
        }
        double seconds = stepNanos * 1e-9;
        double perStep = seconds / (metrics.step() - start.step);
        show(format(
                "step %,d of %,d, epoch %.2f: loss %.4f, learning rate %.2e, %,.0f tokens/s, %s left",
                metrics.step(),
                start.steps,
                metrics.epoch(),
                metrics.loss(),
                metrics.learningRate(),
                labels / seconds,
                duration(perStep * (start.steps - metrics.step()))));
    }

    private static String heads(List<Double> losses, List<Double> top1) {
        return IntStream.range(0, losses.size())
                .mapToObj(i -> format("%.3f (%.1f %%)", losses.get(i), 100 * top1.get(i)))
                .collect(Collectors.joining(", "));
    }

    @Override
    public void onEvaluation(EvaluationMetrics metrics) {
        line(format("held out, after step %,d: loss %.4f; by head, with top-1: ", metrics.step(), metrics.loss())
                + heads(
                        metrics.heads().stream()
                                .map(EvaluationMetrics.Head::loss)
                                .toList(),
                        metrics.heads().stream()
                                .map(head -> head.topK().getFirst())
                                .toList()));
    }

    @Override
    public void onEnd(TrainingReport report) {
        double seconds = (System.nanoTime() - start.nanos) * 1e-9;
        line(format(
                "%,d steps%s in %s, %,.0f tokens/s",
                report.steps() - start.step,
                report.stoppedEarly() ? " (stopped early)" : "",
                duration(seconds),
                labels / (stepNanos * 1e-9)));
        if (!report.log().isEmpty()) {
            StepMetrics last = report.log().getLast();
            line(format("last training loss %.4f; by head, with top-1: ", last.loss())
                    + heads(
                            last.heads().stream().map(StepMetrics.Head::loss).toList(),
                            last.heads().stream().map(StepMetrics.Head::top1).toList()));
        }
    }
}
