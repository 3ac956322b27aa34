package dev.gorgon.cli;

import dev.gorgon.engine.adapter.LoadPolicy;
import dev.gorgon.engine.text.ChatTemplate;
import dev.gorgon.engine.text.ChatTemplates;
import dev.gorgon.hub.AdapterSource;
import dev.gorgon.train.data.ReadSettings;
import dev.gorgon.train.eval.EvaluationException;
import dev.gorgon.train.eval.EvaluationJob;
import dev.gorgon.train.eval.EvaluationListener;
import dev.gorgon.train.eval.EvaluationReport;
import dev.gorgon.train.eval.EvaluationTables;
import dev.gorgon.train.eval.HeadEvaluation;
import dev.gorgon.train.eval.HtmlReport;
import dev.gorgon.train.eval.MeasuredGain;
import dev.gorgon.train.eval.TrainingCurves;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** {@code gorgon eval-heads}: how good Medusa heads are, and what they gain. */
@Command(
        name = "eval-heads",
        mixinStandardHelpOptions = true,
        description =
                "Answers the questions of a file greedily and tells how often each head is right, what a chain and the"
                        + " best trees make of that, and what the engine really gains. --adapter-id names a LoRA that answers;"
                        + " without it the model does, or the adapter's own LoRA.")
final class EvalHeadsCommand implements Callable<Integer> {

    private static final long SHOWN_NANOS = 200_000_000L;
    private static final long LINE_NANOS = 10_000_000_000L;

    @Spec
    @Nullable
    CommandSpec command;

    @Mixin
    ModelOptions options = new ModelOptions();

    @Parameters(
            index = "0",
            paramLabel = "ADAPTER",
            description = "the heads: a folder, an embedded adapter, or a repository of the hub")
    String adapter = "";

    @Option(
            names = "--data",
            defaultValue = "prompts-sharegpt.json",
            paramLabel = "FILE",
            description = "conversations or prompts, as create-data takes them (default: those that come with the"
                    + " embedded model)")
    String data = "";

    @Option(
            names = {"--holdout_ids", "--holdout-ids"},
            paramLabel = "FILE",
            description = "ids of the conversations that count, one per line; held-out.txt names those of the embedded"
                    + " data that its heads were not trained on (default: all)")
    String heldOutIds = "";

    @Option(
            names = "--limit",
            defaultValue = "256",
            paramLabel = "N",
            description = "conversations at most, taken evenly (default: 256)")
    int limit = 256;

    @Option(
            names = "--max-tokens",
            defaultValue = "256",
            paramLabel = "N",
            description = "tokens of an answer at most (default: ${DEFAULT-VALUE})")
    int maxTokens = 256;

    @Option(
            names = "--runs",
            defaultValue = "3",
            paramLabel = "N",
            description = "repetitions of the measurement of speed; 0 leaves it out (default: ${DEFAULT-VALUE})")
    int runs = 3;

    @Option(
            names = "--measured",
            defaultValue = "64",
            paramLabel = "N",
            description = "prompts whose speed is measured at most, taken evenly (default: ${DEFAULT-VALUE})")
    int measured = 64;

    @Option(names = "--json", paramLabel = "FILE", description = "write all figures there")
    @Nullable
    Path json;

    @Option(names = "--html", paramLabel = "FILE", description = "write a page with charts there")
    @Nullable
    Path html;

    @Option(
            names = "--card",
            description =
                    "put the figures into the README.md of the heads' folder, in place of those of an earlier evaluation")
    boolean card;

    private long shown = System.nanoTime();

    @Override
    public Integer call() {
        if (command == null) {
            throw new IllegalStateException("the command was not made by the command line");
        }
        options.validate();
        if (limit < 1 || maxTokens < 2 || runs < 0 || measured < 1) {
            throw new ParameterException(
                    command.commandLine(),
                    "--limit and --measured must be at least 1, --max-tokens at least 2, --runs at least 0");
        }
        try (AdapterFiles files = new AdapterFiles(System.getenv(), List.of(), LoadPolicy.STATIC)) {
            Path heads = folder(files, adapter);
            EvaluationReport report = HeadEvaluation.run(job(files, heads), progress());
            PrintStream out = System.out;
            out.print(EvaluationTables.of(report));
            out.flush();
            if (json != null) {
                write(json, JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(report) + "\n");
            }
            if (html != null) {
                write(html, HtmlReport.of(adapter, TrainingCurves.read(heads), Optional.of(report)));
            }
            if (card) {
                Path readme = heads.resolve("README.md");
                write(readme, MeasuredGain.in(Files.exists(readme) ? Files.readString(readme) : "", report));
            }
            return report.exact() ? 0 : 1;
        } catch (IOException e) {
            throw new EvaluationException("cannot read the model card: " + e.getMessage(), e);
        }
    }

    private EvaluationJob job(AdapterFiles files, Path heads) {
        Path model = files.model(options.modelSource(), options.modelId, options.revision);
        boolean lora = !options.adapterId.isEmpty() && !options.adapterId.equals("none");
        return new EvaluationJob(
                new EvaluationJob.Model(options.modelId, model, template(model)),
                new EvaluationJob.Heads(
                        adapter, heads, lora ? Optional.of(folder(files, options.adapterId)) : Optional.empty()),
                new EvaluationJob.Data(DataFiles.find(Path.of(data)), ReadSettings.STRICT, ids(), limit),
                new EvaluationJob.Settings(maxTokens, runs, measured),
                new EvaluationJob.Machine(options.kernels, options.weightFormat(), options.workers()));
    }

    private ChatTemplate template(Path model) {
        Optional<ChatTemplate> template = options.tokenizerConfigPath.isEmpty()
                ? ChatTemplates.read(model)
                : ChatTemplates.read(model, Path.of(options.tokenizerConfigPath));
        return template.orElseThrow(() -> new EvaluationException(options.modelId
                + " has no chat template; name a tokenizer_config.json with one by --tokenizer-config-path"));
    }

    private Path folder(AdapterFiles files, String id) {
        return Files.isDirectory(Path.of(id))
                ? files.folder(AdapterSource.LOCAL, id)
                : files.folder(options.source(), id);
    }

    private Set<String> ids() {
        if (heldOutIds.isEmpty()) {
            return Set.of();
        }
        Path file = DataFiles.find(Path.of(heldOutIds));
        try {
            Set<String> ids = Files.readAllLines(file).stream()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .collect(Collectors.toSet());
            if (ids.isEmpty()) {
                throw new EvaluationException("--holdout_ids " + file + " names no conversation");
            }
            return ids;
        } catch (IOException e) {
            throw new EvaluationException("cannot read --holdout_ids " + file + ": " + e.getMessage(), e);
        }
    }

    private EvaluationListener progress() {
        boolean terminal = System.console() != null && System.console().isTerminal();
        return (phase, done, total) -> {
            boolean last = done == total;
            if (last || System.nanoTime() - shown > (terminal ? SHOWN_NANOS : LINE_NANOS)) {
                shown = System.nanoTime();
                System.err.print(
                        (terminal ? "\r" : "") + phase + ": " + done + " of " + total + (terminal ? "\u001b[K" : "\n"));
                if (terminal && last) {
                    System.err.print("\r\u001b[K");
                }
                System.err.flush();
            }
        };
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new EvaluationException("cannot write " + file + ": " + e, e);
        }
    }
}
