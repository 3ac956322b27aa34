package dev.gorgon.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code gorgon bench}: what speculation gains on the demonstration model, or how close a large shape comes to the memory. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description =
                "Measures. Without --shape: tokens per step by domain and wall-clock speed with speculation on and off,"
                        + " on the embedded prompts. With --shape: decoding speed of random weights against the read bandwidth measured"
                        + " in the same run.")
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
            description = "a model shape with random weights: tinyllama-1.1b")
    String shape = "";

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
        if (shape.isEmpty()) {
            try (ServedModel served = ServedModel.load(options)) {
                new SpeculationBench(served, System.out).run(runs, prompts);
            }
            return 0;
        }
        if (!shape.equals("tinyllama-1.1b")) {
            throw new ParameterException(command.commandLine(), "unknown shape '" + shape + "'; choose tinyllama-1.1b");
        }
        options.validate();
        new ShapeBench(options, System.out).run(runs);
        return 0;
    }
}
