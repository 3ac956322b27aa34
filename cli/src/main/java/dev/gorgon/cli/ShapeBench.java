package dev.gorgon.cli;

import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.Kernels;
import dev.gorgon.kernels.MachineProbe;
import dev.gorgon.kernels.WeightFormat;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntToDoubleFunction;

/**
 * What a model of some shape costs on this machine, against what the machine can do at best, and against another program. All
 * kinds of steps alternate, run after run, so that a noisy neighbour hits them alike; medians are reported.
 */
final class ShapeBench {

    private static final int[] SEQUENCES = {1, 2, 4, 8, 16, 32};
    private static final int[] SEVERAL = {2, 4, 8, 16, 32};
    private static final int[] ROWS = {1, 2, 3, 4, 6, 8, 12, 16};
    private static final int[] LINEAR_ROWS = {1, 4, 8, 16};
    private static final int[] PROMPTS = {128, 512, 2048};
    private static final long PROBE_BYTES = 1L << 30;
    private static final int LOADS = 3;
    /** Steps of one kind in a run take at least this long together. */
    private static final double SLICE = 0.25;

    private static final double LONG_SLICE = 0.7;

    private final ShapeCheckpoint shape;
    private final Kernels kernels;
    private final int threads;
    private final Path workFolder;
    private final PrintStream out;
    private final List<Measurement> measurements = new ArrayList<>();

    ShapeBench(ShapeCheckpoint shape, ModelOptions options, Path workFolder, PrintStream out) {
        this.shape = shape;
        this.kernels = KernelProviders.select(options.kernels);
        this.threads = options.workers();
        this.workFolder = workFolder;
        this.out = out;
    }

    List<Measurement> measurements() {
        return measurements;
    }

    /** Seconds per run of one kind of step, by its number of rows, sequences or tokens. */
    private static final class Series {
        private final TreeMap<Integer, double[]> seconds = new TreeMap<>();
        private final int runs;

        Series(int runs) {
            this.runs = runs;
        }

        void measure(int run, int[] sizes, double slice, IntToDoubleFunction step) {
            for (int size : sizes) {
                double total = 0;
                int steps = 0;
                for (; total < slice || steps == 0; steps++) {
                    total += step.applyAsDouble(size);
                }
                seconds.computeIfAbsent(size, key -> new double[runs])[run] = total / steps;
            }
        }

        double[] of(int size) {
            double[] values = seconds.get(size);
            if (values == null) {
                throw new IllegalStateException("not measured: " + size);
            }
            return values;
        }

        double median(int size) {
            return Medians.median(of(size));
        }

        double against(int size, int other) {
            return Medians.medianRatio(of(size), of(other));
        }
    }

    void run(WeightFormat format, int runs, Optional<LlamaPeer> peer) {
        Path folder = shape.folder(workFolder);
        double[] loads = new double[LOADS];
        double[] cached = new double[LOADS];
        Optional<Path> packs = Optional.of(workFolder.resolve("packs"));
        load(folder, format, packs); // brings the files into the page cache, and writes the packed copy
        for (int i = 0; i < LOADS; i++) {
            loads[i] = load(folder, format, Optional.empty());
            cached[i] = load(folder, format, packs);
        }
        try (BenchModel model = BenchModel.load(folder, kernels, format, threads, Optional.empty());
                MachineProbe probe = new MachineProbe(kernels, PROBE_BYTES, threads)) {
            out.printf(
                    "%n%s, %s, %s: %.2f GB of weights read per step; context %d, median of %d alternating runs%n%n",
                    shape.id(),
                    name(format),
                    model.backendName(),
                    model.weightBytes() * 1e-9,
                    BenchModel.CONTEXT,
                    runs);
            Series verify = new Series(runs);
            Series linear = new Series(runs);
            Series decode = new Series(runs);
            Series prefill = new Series(runs);
            double[] bandwidth = new double[runs];
            double[] peak = new double[runs];
            warm(model);
            peer.ifPresent(other -> other.open(folder, format, threads));
            for (int run = 0; run < runs; run++) {
                model.verify(1); // whatever ran before may have left the cores in another state
                verify.measure(run, ROWS, SLICE, model::verify);
                linear.measure(run, LINEAR_ROWS, SLICE, model::linear);
                decode.measure(run, SEVERAL, SLICE, model::decode);
                // bandwidth changes from second to second, so what is compared stands side by side
                double before = probe.bandwidth();
                decode.measure(run, new int[] {1}, LONG_SLICE, model::decode);
                bandwidth[run] = Math.max(before, probe.bandwidth());
                int at = run;
                peer.ifPresent(other -> other.decode(at, runs));
                peak[run] = probe.peak(format);
                prefill.measure(run, PROMPTS, SLICE, model::prefill);
                peer.ifPresent(other -> other.prefill(at, runs));
            }
            loaded(format, Medians.median(loads), Medians.median(cached));
            machine(format, Medians.median(bandwidth), Medians.median(peak));
            report(format, verify, linear);
            reportDecode(format, model, decode, bandwidth);
            reportPrefill(format, model, prefill, peak);
            peer.ifPresent(other -> measurements.addAll(
                    other.report(shape.id(), name(format), decode.of(1), PROMPTS, prefill::of, out)));
        } finally {
            peer.ifPresent(LlamaPeer::closeModel);
        }
    }

    /** Lets the JIT compiler see every kind of step, long enough for small models. */
    private static void warm(BenchModel model) {
        Series warm = new Series(1);
        for (int turn = 0; turn < 3; turn++) {
            warm.measure(0, new int[] {1, 4, 8}, SLICE, model::verify);
            warm.measure(0, new int[] {1, 4, 8}, SLICE, model::linear);
            warm.measure(0, new int[] {1, 8, 32}, SLICE, model::decode);
            warm.measure(0, new int[] {PROMPTS[0]}, SLICE, model::prefill);
        }
    }

    static String name(WeightFormat format) {
        return format.name().toLowerCase(Locale.ROOT);
    }

    private void add(String name, WeightFormat format, int rows, int sequences, double value, String unit) {
        measurements.add(Measurement.of(name, shape.id(), name(format), rows, sequences, value, unit));
    }

    /** Seconds until a model is ready; it is freed again. */
    private double load(Path folder, WeightFormat format, Optional<Path> packCache) {
        long start = System.nanoTime();
        BenchModel model = BenchModel.load(folder, kernels, format, threads, packCache);
        double seconds = (System.nanoTime() - start) * 1e-9;
        model.close();
        return seconds;
    }

    private void loaded(WeightFormat format, double seconds, double cached) {
        add("load", format, 0, 0, seconds, "s");
        add("load", format, 0, 0, cached, "s, from the pack cache");
        out.printf("load, warm page cache: %.2f s; from the pack cache: %.2f s%n", seconds, cached);
    }

    private void machine(WeightFormat format, double bandwidth, double peak) {
        add("bandwidth", format, 0, 0, bandwidth * 1e-9, "GB/s");
        add("peak", format, 0, 0, peak * 1e-9, "Gop/s");
        out.printf("read bandwidth: %.1f GB/s; arithmetic peak: %.0f Gop/s%n%n", bandwidth * 1e-9, peak * 1e-9);
    }

    private void report(WeightFormat format, Series verify, Series linear) {
        out.println("| rows verified | ms/step | against 1 row | linear alone, against 1 row |");
        out.println("|---|---|---|---|");
        for (int rows : ROWS) {
            add("step", format, rows, 1, verify.median(rows) * 1e3, "ms");
            boolean alone = Arrays.stream(LINEAR_ROWS).anyMatch(r -> r == rows);
            out.printf(
                    "| %d | %.2f | %.2f | %s |%n",
                    rows,
                    verify.median(rows) * 1e3,
                    verify.against(rows, 1),
                    alone ? "%.2f".formatted(linear.against(rows, 1)) : "");
        }
    }

    private void reportDecode(WeightFormat format, BenchModel model, Series decode, double[] bandwidth) {
        double[] read =
                Arrays.stream(decode.of(1)).map(s -> model.weightBytes() / s).toArray();
        out.printf(
                "%ndecoding one sequence uses %.0f %% of the read bandwidth%n%n",
                100 * Medians.medianRatio(read, bandwidth));
        out.println("| sequences | tokens/s |");
        out.println("|---|---|");
        for (int sequences : SEQUENCES) {
            double speed = sequences / decode.median(sequences);
            add("decode", format, sequences, sequences, speed, "tokens/s");
            out.printf("| %d | %.1f |%n", sequences, speed);
        }
    }

    private void reportPrefill(WeightFormat format, BenchModel model, Series prefill, double[] peak) {
        out.println();
        out.println("| prompt | tokens/s | share of the arithmetic peak |");
        out.println("|---|---|---|");
        for (int length : PROMPTS) {
            double speed = length / prefill.median(length);
            add("prefill", format, length, 1, speed, "tokens/s");
            out.printf(
                    "| %d | %.0f | %.0f %% |%n",
                    length, speed, 100 * speed * model.operationsPerToken() / Medians.median(peak));
        }
    }
}
