package dev.gorgon.cli;

import dev.gorgon.engine.adapter.LoadPolicy;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.engine.text.ChatTemplates;
import dev.gorgon.engine.text.HuggingFaceTokenizer;
import dev.gorgon.engine.text.Tokenizer;
import dev.gorgon.hub.AdapterSource;
import dev.gorgon.kernels.TrainingKernels;
import dev.gorgon.train.data.ReadSettings;
import dev.gorgon.train.data.SampleSettings;
import dev.gorgon.train.eval.TrainingRecorder;
import dev.gorgon.train.heads.BatchSize;
import dev.gorgon.train.heads.ConversationSamples;
import dev.gorgon.train.heads.ConversationSamples.Rendering;
import dev.gorgon.train.heads.HeadTraining;
import dev.gorgon.train.heads.Interval;
import dev.gorgon.train.heads.LearningRate;
import dev.gorgon.train.heads.SampleSource;
import dev.gorgon.train.heads.SampleSplit;
import dev.gorgon.train.heads.TrainingException;
import dev.gorgon.train.heads.TrainingJob;
import dev.gorgon.train.heads.TrainingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code gorgon train}: Medusa heads for a model, or for a model with a LoRA. */
@Command(
        name = "train",
        description =
                "Trains Medusa heads and writes an adapter that the server loads. Takes the flags of the published Medusa"
                        + " recipe as they are.")
final class TrainCommand implements Callable<Integer> {

    @Spec
    @Nullable
    CommandSpec command;

    @Mixin
    RecipeOptions recipe = new RecipeOptions();

    @Mixin
    HeadOptions options = new HeadOptions();

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "show this help and exit")
    boolean help;

    @Override
    public Integer call() {
        CommandSpec spec = spec();
        IgnoredRecipeFlags.notices(spec.commandLine().getParseResult())
                .forEach(spec.commandLine().getErr()::println);
        ModelOptions model = model();
        try (AdapterFiles files = new AdapterFiles(System.getenv(), List.of(), LoadPolicy.STATIC)) {
            Path folder = files.model(AdapterSource.HUB, recipe.model, "");
            int positions = ModelConfig.read(folder).maxPositions();
            if (recipe.maxLength > positions) {
                spec.commandLine()
                        .getErr()
                        .println("--model_max_length " + recipe.maxLength + " is cut to the model's " + positions
                                + " positions: that is what it will be served with");
                recipe.maxLength = positions;
            }
            try (Tokenizer tokenizer = HuggingFaceTokenizer.load(folder);
                    TrainingRecorder recorder = new TrainingRecorder(
                            Path.of(recipe.output), new TrainingProgress(System.err, System.console() != null))) {
                HeadTraining.run(job(files, model, rendering(folder, tokenizer)), recorder);
            }
        }
        return 0;
    }

    private CommandSpec spec() {
        if (command == null) {
            throw new IllegalStateException("the command was not made by the command line");
        }
        return command;
    }

    /** The options of the base model, checked as those of the server are. */
    private ModelOptions model() {
        ModelOptions model = new ModelOptions();
        model.command = spec();
        model.modelId = recipe.model;
        model.adapterSource = options.adapterSource;
        model.dtype = options.dtype;
        model.quantize = options.quantize;
        model.kernels = options.kernels;
        model.threads = options.threads;
        model.validate();
        return model;
    }

    private TrainingJob job(AdapterFiles files, ModelOptions model, Rendering rendering) {
        return new TrainingJob(
                new TrainingJob.Base(recipe.model, rendering.folder(), adapter(files, model.source(), options.adapter)),
                new TrainingJob.Heads(
                        recipe.heads, recipe.layers, options.version, adapter(files, model.source(), options.initFrom)),
                new TrainingJob.Data(
                        samples(recipe.data, rendering),
                        new SampleSplit(heldOutIds(), options.evaluationFraction, recipe.seed),
                        recipe.evaluationData.isEmpty()
                                ? Optional.empty()
                                : Optional.of(samples(recipe.evaluationData, rendering)),
                        recipe.maxLength),
                settings(),
                new TrainingJob.Folders(
                        Path.of(recipe.output),
                        options.cache.isEmpty() ? Optional.empty() : Optional.of(Path.of(options.cache)),
                        options.resume,
                        recipe.overwriteOutput,
                        options.overwriteCache),
                new TrainingJob.Machine(options.kernels, model.weightFormat(), model.workers()),
                given());
    }

    private static Optional<Path> adapter(AdapterFiles files, AdapterSource source, String id) {
        return id.isEmpty() ? Optional.empty() : Optional.of(files.folder(source, id));
    }

    private static Rendering rendering(Path folder, Tokenizer tokenizer) {
        return new Rendering(
                folder,
                ChatTemplates.read(folder)
                        .orElseThrow(() -> new TrainingException(
                                folder + " has no chat template: conversations cannot be rendered as they are served")),
                tokenizer);
    }

    private SampleSource samples(String file, Rendering rendering) {
        SampleSettings.Labels labels = switch (options.trainOn) {
            case "assistant" -> SampleSettings.Labels.ASSISTANT;
            case "all" -> SampleSettings.Labels.ALL;
            default -> throw bad("--train_on is " + options.trainOn + "; choose assistant or all");
        };
        Consumer<String> told = spec().commandLine().getErr()::println;
        return new ConversationSamples(
                DataFiles.find(Path.of(file)),
                rendering,
                new SampleSettings(labels, recipe.maxLength),
                new ReadSettings(ReadSettings.Form.AUTO, options.onBad, row -> told.accept(row + "; left out")),
                told);
    }

    private Set<String> heldOutIds() {
        if (options.heldOutIds.isEmpty()) {
            return Set.of();
        }
        Path file = DataFiles.find(Path.of(options.heldOutIds));
        try {
            return Files.readAllLines(file).stream()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .collect(Collectors.toSet());
        } catch (IOException e) {
            throw new TrainingException("cannot read --holdout_ids " + file + ": " + e.getMessage(), e);
        }
    }

    private TrainingSettings settings() {
        return new TrainingSettings(
                new TrainingSettings.Length(recipe.epochs, Math.max(0, recipe.maxSteps)),
                options.positionsPerStep > 0
                        ? new BatchSize(BatchSize.Unit.POSITIONS, options.positionsPerStep)
                        : new BatchSize(
                                BatchSize.Unit.CONVERSATIONS, Math.multiplyExact(recipe.batch, recipe.accumulation)),
                new TrainingSettings.Rate(
                        recipe.learningRate,
                        LearningRate.Schedule.parse(recipe.schedule),
                        recipe.warmupRatio,
                        recipe.warmupSteps),
                new TrainingKernels.Adam(recipe.beta1, recipe.beta2, recipe.epsilon, recipe.weightDecay),
                recipe.maxGradNorm,
                options.lossDecay,
                recipe.seed,
                new Interval(Interval.Unit.STEPS, recipe.loggingSteps),
                interval("--evaluation_strategy", recipe.evaluationStrategy, recipe.evaluationSteps),
                interval("--save_strategy", recipe.saveStrategy, recipe.saveSteps),
                options.patience);
    }

    private Interval interval(String flag, String unit, long steps) {
        return Arrays.stream(Interval.Unit.values())
                .filter(known -> known.name().equals(unit.toUpperCase(Locale.ROOT)))
                .findFirst()
                .map(known -> new Interval(known, steps))
                .orElseThrow(() -> bad(flag + " is " + unit + "; choose no, steps or epoch"));
    }

    /** All options with their values, given or by default. */
    private Map<String, String> given() {
        Map<String, String> given = new LinkedHashMap<>();
        for (OptionSpec option : spec().options()) {
            Object value = option.getValue();
            if (!option.hidden()
                    && !option.usageHelp()
                    && value != null
                    && !value.toString().isEmpty()) {
                given.put(option.longestName().substring(2), value.toString());
            }
        }
        return given;
    }

    private ParameterException bad(String message) {
        return new ParameterException(spec().commandLine(), message);
    }
}
