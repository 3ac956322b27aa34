package dev.gorgon.cli;

import dev.gorgon.kernels.WeightFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** {@code gorgon bench}: what speculation gains on the demonstration model, or what a model of some shape costs. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description =
                "Measures. Without --shape: tokens per step by domain and wall-clock speed with speculation on and off,"
                        + " on the embedded prompts. With --shape: what steps of a model of that shape cost, against the read"
                        + " bandwidth and the arithmetic peak of this machine, and against llama.cpp.")
final class BenchCommand implements Callable<Integer> {

    @Spec
    @Nullable
    CommandSpec command;

    @Mixin
    ModelOptions options = new ModelOptions();

    @Option(
            names = "--shape",
            defaultValue = "",
            paramLabel = "NAME",
            description = "a model's shape: stheno, tinyllama-1.1b or mistral-7b")
    String shape = "";

    @Option(
            names = "--format",
            split = ",",
            paramLabel = "LIST",
            description = "with --shape: weight formats, of bf16, q8 and q4 (default: all; with --adapters bf16)")
    List<String> formats = List.of();

    @Option(
            names = "--peer",
            defaultValue = "",
            paramLabel = "NAME",
            description = "with --shape: run llama.cpp side by side (installs an npm package in the work folder)")
    String peer = "";

    @Option(
            names = "--json",
            defaultValue = "",
            paramLabel = "FILE",
            description = "with --shape: write all numbers there")
    String json = "";

    @Option(
            names = "--svg",
            defaultValue = "",
            paramLabel = "FILE",
            description = "with --shape: draw rows per step against time there")
    String svg = "";

    @Option(
            names = "--work-folder",
            defaultValue = "${java.io.tmpdir}/gorgon-bench",
            paramLabel = "DIR",
            description = "with --shape: where weights of the shape are made and kept (default: ${DEFAULT-VALUE})")
    String workFolder = "";

    @Option(
            names = "--perplexity",
            description = "what --quantize does to the quality of the embedded model, instead of speed")
    boolean perplexity;

    @Option(
            names = "--adapters",
            description = "what many adapters in one batch cost, on a model of --shape (default: tinyllama-1.1b)")
    boolean adapters;

    @Option(
            names = "--rank",
            defaultValue = "8",
            paramLabel = "N",
            description = "with --adapters: rank of the adapters that are made (default: ${DEFAULT-VALUE})")
    int rank = 8;

    @Option(
            names = "--tokens",
            defaultValue = "32",
            paramLabel = "N",
            description = "with --adapters: tokens generated per request and run (default: ${DEFAULT-VALUE})")
    int tokens = 32;

    @Option(
            names = "--round-robin",
            defaultValue = "0",
            paramLabel = "N",
            description =
                    "with --adapters: afterwards serve so many adapters in turn, with memory for 50 (default: none)")
    int roundRobin;

    @Option(
            names = "--runs",
            defaultValue = "7",
            paramLabel = "N",
            description = "alternating runs; medians are reported (default: ${DEFAULT-VALUE})")
    int runs = 7;

    @Option(
            names = "--prompts",
            defaultValue = "12",
            paramLabel = "N",
            description = "prompts per domain (default: ${DEFAULT-VALUE})")
    int prompts = 12;

    @Override
    public Integer call() {
        if (command == null || runs < 1 || prompts < 1) {
            throw new IllegalArgumentException("--runs and --prompts must be at least 1");
        }
        if (perplexity) {
            new PerplexityBench(options, System.out).run(prompts);
            return 0;
        }
        if (shape.isEmpty() && !adapters) {
            // prompts are repeated, and what they cost is part of what is reported
            options.prefixCaching = false;
            try (ServedModel served = ServedModel.load(options)) {
                new SpeculationBench(served, System.out).run(runs, prompts);
            }
            return 0;
        }
        options.validate();
        String name = shape.isEmpty() ? ShapeCheckpoint.TINYLLAMA.id() : shape;
        ShapeCheckpoint checkpoint = Arrays.stream(ShapeCheckpoint.values())
                .filter(known -> known.id().equals(name))
                .findFirst()
                .orElseThrow(() -> Mistakes.bad(
                        command, "unknown shape '" + name + "'; choose stheno, tinyllama-1.1b or mistral-7b"));
        List<String> chosen = !formats.isEmpty() ? formats : adapters ? List.of("bf16") : List.of("bf16", "q8", "q4");
        List<WeightFormat> wanted = chosen.stream().map(this::format).toList();
        if (adapters) {
            measureAdapters(checkpoint, wanted);
            return 0;
        }
        if (!peer.isEmpty() && !peer.equals(LlamaPeer.NAME)) {
            throw Mistakes.bad(command, "unknown peer '" + peer + "'; choose " + LlamaPeer.NAME);
        }
        measure(checkpoint, wanted);
        return 0;
    }

    private void measure(ShapeCheckpoint checkpoint, List<WeightFormat> wanted) {
        Path folder = Path.of(workFolder);
        ShapeBench bench = new ShapeBench(checkpoint, options, folder, System.out);
        Optional<LlamaPeer> other =
                peer.isEmpty() ? Optional.empty() : Optional.of(LlamaPeer.start(folder, System.out));
        try {
            for (WeightFormat format : wanted) {
                bench.run(format, runs, other);
            }
        } finally {
            other.ifPresent(LlamaPeer::close);
        }
        writeJson(bench.measurements());
        write(svg, BenchPlot.rowsAgainstTime(bench.measurements(), shape + ": time of a step by rows"));
    }

    private void measureAdapters(ShapeCheckpoint checkpoint, List<WeightFormat> wanted) {
        if (rank < 1 || tokens < 4) {
            throw Mistakes.bad(command, "--rank must be at least 1 and --tokens at least 4");
        }
        AdapterBench bench = new AdapterBench(
                checkpoint,
                options,
                new AdapterBench.Settings(rank, tokens, runs, roundRobin, Path.of(workFolder)),
                System.out);
        wanted.forEach(bench::run);
        writeJson(bench.measurements());
    }

    private void writeJson(List<Measurement> measurements) {
        write(
                json,
                JsonMapper.shared()
                        .writerWithDefaultPrettyPrinter()
                        .writeValueAsString(
                                measurements.stream().map(Measurement::toJson).toList()));
    }

    private static void write(String file, String text) {
        if (!file.isEmpty()) {
            try {
                Files.writeString(Path.of(file), text);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot write " + file + ": " + e.getMessage(), e);
            }
        }
    }

    private WeightFormat format(String name) {
        return switch (name) {
            case "bf16" -> WeightFormat.BF16;
            case "q8" -> WeightFormat.Q8;
            case "q4" -> WeightFormat.Q4;
            default -> throw Mistakes.bad(command, "unknown format '" + name + "'; choose of bf16, q8 and q4");
        };
    }
}
