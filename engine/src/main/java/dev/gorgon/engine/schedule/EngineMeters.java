package dev.gorgon.engine.schedule;

import dev.gorgon.engine.meter.Distribution;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

/**
 * How the engine's steps went. Written by the engine, read by anybody at any time, without a lock; a step costs about a dozen
 * additions.
 *
 * @param maxRunning sequences that may run at once, each with an adapter of its own
 * @param forward time per step in forward passes, drafting heads included
 * @param overhead time per step outside of them
 * @param rows rows computed per step
 * @param accepted drafted tokens accepted, per sequence and step that verified any
 * @param started requests that began to run, per step in which any did
 * @param prefill steps with rows of prompts, or of tokens computed again after a preemption
 * @param decode steps with pending tokens of sequences and their drafts; a step with both kinds counts for both, with all its time
 * @param joined steps in which prompts were computed beside sequences that decode
 * @param promptTokens prompt tokens of requests that began to run, those that were still known included
 * @param cancelled generations dropped because nobody wants them any more
 * @param reservedTokens prompt tokens and the most new ones of all running sequences, as of the last step
 */
public record EngineMeters(
        int maxRunning,
        Distribution forward,
        Distribution overhead,
        Distribution rows,
        Distribution accepted,
        Distribution started,
        PhaseMeters prefill,
        PhaseMeters decode,
        LongAdder joined,
        LongAdder promptTokens,
        LongAdder cancelled,
        Level reservedTokens) {

    /** LoRAX's bounds of durations: 0.15 ms to 146 s (contract, section 6.1). */
    private static final double[] LORAX_SECONDS = Distribution.growing(0.0001 * 1.5, 1.5, 35);

    /** Steps with rows of one kind: the time they took when they succeeded, and how many failed. */
    public record PhaseMeters(Distribution succeeded, LongAdder failed) {

        private static PhaseMeters empty() {
            return new PhaseMeters(Distribution.ofNanos(LORAX_SECONDS), new LongAdder());
        }
    }

    /** A number that goes up and down; written by one thread. */
    public static final class Level {
        private volatile long now;

        /** What it is from now on. */
        public void set(long value) {
            now = value;
        }

        public long now() {
            return now;
        }
    }

    /** Nothing counted yet. */
    public static EngineMeters of(int maxRunning) {
        return new EngineMeters(
                maxRunning,
                Distribution.ofNanos(Distribution.growing(0.0001, 2, 18)),
                Distribution.ofNanos(Distribution.growing(0.000_001, 2, 18)),
                Distribution.ofCounts(Distribution.growing(1, 2, 13)),
                Distribution.ofCounts(0, 1, 2, 3, 4, 5, 6, 8, 12, 16),
                Distribution.ofCounts(
                        IntStream.rangeClosed(1, 1024).asDoubleStream().toArray()),
                PhaseMeters.empty(),
                PhaseMeters.empty(),
                new LongAdder(),
                new LongAdder(),
                new LongAdder(),
                new Level());
    }

    /** A step has succeeded. */
    void countStep(StepPlan.Shape shape, long forwardNanos, long overheadNanos) {
        forward.record(forwardNanos);
        overhead.record(overheadNanos);
        rows.record(shape.rows());
        if (shape.prefills()) {
            prefill.succeeded.record(forwardNanos + overheadNanos);
        }
        if (shape.decodes()) {
            decode.succeeded.record(forwardNanos + overheadNanos);
        }
        if (shape.prefills() && shape.decodes()) {
            joined.increment();
        }
    }

    /** The forward pass of a step has failed. */
    void countFailedStep(StepPlan.Shape shape) {
        if (shape.prefills()) {
            prefill.failed.increment();
        }
        if (shape.decodes()) {
            decode.failed.increment();
        }
    }
}
