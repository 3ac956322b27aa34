package dev.gorgon.cli;

import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/**
 * The flags of the published Medusa recipe (spec medusa.md §3.1), which are those of Hugging Face's TrainingArguments. Where the
 * recipe always names a value, that value is the default.
 */
final class RecipeOptions {

    /** Python's booleans, and what its argument parsers take for them. */
    static final class PythonBoolean implements ITypeConverter<Boolean> {
        @Override
        public Boolean convert(String value) {
            return switch (value.toLowerCase(Locale.ROOT)) {
                case "true", "yes", "t", "y", "1" -> true;
                case "false", "no", "f", "n", "0" -> false;
                default -> throw new TypeConversionException("'" + value + "' is neither True nor False");
            };
        }
    }

    @Option(
            names = "--model_name_or_path",
            defaultValue = ModelOptions.DEMO_MODEL,
            paramLabel = "ID",
            description = "base model, as --model-id of serve takes it (default: ${DEFAULT-VALUE})")
    String model = ModelOptions.DEMO_MODEL;

    @Option(
            names = "--data_path",
            required = true,
            paramLabel = "FILE",
            description = "conversations to train on; a name of the embedded data works, too: prompts-sharegpt.json")
    String data = "";

    @Option(
            names = "--eval_data_path",
            paramLabel = "FILE",
            description = "conversations that are only evaluated (default: none)")
    String evaluationData = "";

    @Option(
            names = "--output_dir",
            required = true,
            paramLabel = "DIR",
            description = "where the adapter is written, in exactly this folder")
    String output = "";

    @Option(
            names = "--num_train_epochs",
            defaultValue = "3",
            paramLabel = "N",
            description = "passes over the data (default: ${DEFAULT-VALUE})")
    double epochs = 3;

    @Option(
            names = "--max_steps",
            defaultValue = "-1",
            paramLabel = "N",
            description = "optimizer steps, whatever the epochs (default: as many as the epochs take)")
    long maxSteps = -1;

    @Option(
            names = "--per_device_train_batch_size",
            defaultValue = "4",
            paramLabel = "N",
            description = "conversations per micro-batch (default: ${DEFAULT-VALUE})")
    long batch = 4;

    @Option(
            names = "--gradient_accumulation_steps",
            defaultValue = "32",
            paramLabel = "N",
            description =
                    "micro-batches per optimizer step, all their labels weighted equally (default: ${DEFAULT-VALUE})")
    long accumulation = 32;

    @Option(
            names = {"--evaluation_strategy", "--eval_strategy"},
            defaultValue = "no",
            paramLabel = "WHEN",
            description = "when held-out conversations are evaluated: no (only at the end), steps or epoch"
                    + " (default: ${DEFAULT-VALUE})")
    String evaluationStrategy = "no";

    @Option(
            names = "--eval_steps",
            defaultValue = "100",
            paramLabel = "N",
            description = "with --evaluation_strategy steps: optimizer steps in between (default: ${DEFAULT-VALUE})")
    long evaluationSteps = 100;

    @Option(
            names = "--save_strategy",
            defaultValue = "no",
            paramLabel = "WHEN",
            description = "when the checkpoint is replaced, besides once a minute: no, steps or epoch"
                    + " (default: ${DEFAULT-VALUE})")
    String saveStrategy = "no";

    @Option(
            names = "--save_steps",
            defaultValue = "500",
            paramLabel = "N",
            description = "with --save_strategy steps: optimizer steps in between (default: ${DEFAULT-VALUE})")
    long saveSteps = 500;

    @Option(
            names = "--learning_rate",
            defaultValue = "1e-3",
            paramLabel = "RATE",
            description = "highest learning rate (default: ${DEFAULT-VALUE})")
    double learningRate = 1e-3;

    @Option(
            names = "--weight_decay",
            defaultValue = "0",
            paramLabel = "RATE",
            description = "AdamW's decoupled decay, of everything but biases (default: ${DEFAULT-VALUE})")
    double weightDecay;

    @Option(
            names = "--warmup_ratio",
            defaultValue = "0.1",
            paramLabel = "F",
            description = "share of the steps over which the learning rate rises (default: ${DEFAULT-VALUE})")
    double warmupRatio = 0.1;

    @Option(
            names = "--warmup_steps",
            defaultValue = "0",
            paramLabel = "N",
            description = "the same in steps, instead of the share (default: what the share says)")
    long warmupSteps;

    @Option(
            names = "--lr_scheduler_type",
            defaultValue = "cosine",
            paramLabel = "NAME",
            description = "how it falls: cosine, linear, constant or constant_with_warmup (default: ${DEFAULT-VALUE})")
    String schedule = "cosine";

    @Option(
            names = "--logging_steps",
            defaultValue = "10",
            paramLabel = "N",
            description = "optimizer steps between two points of the curves (default: ${DEFAULT-VALUE})")
    long loggingSteps = 10;

    @Option(
            names = "--model_max_length",
            defaultValue = "2048",
            paramLabel = "N",
            description = "tokens of a conversation; longer ones are cut (default: ${DEFAULT-VALUE})")
    int maxLength = 2048;

    @Option(
            names = "--medusa_num_heads",
            defaultValue = "3",
            paramLabel = "N",
            description = "heads; head i guesses the token at distance 2 + i (default: ${DEFAULT-VALUE})")
    int heads = 3;

    @Option(
            names = "--medusa_num_layers",
            defaultValue = "1",
            paramLabel = "N",
            description = "residual blocks per head, each with weights of its own (default: ${DEFAULT-VALUE})")
    int layers = 1;

    @Option(
            names = "--adam_beta1",
            defaultValue = "0.9",
            paramLabel = "F",
            description = "AdamW's first decay rate (default: ${DEFAULT-VALUE})")
    double beta1 = 0.9;

    @Option(
            names = "--adam_beta2",
            defaultValue = "0.999",
            paramLabel = "F",
            description = "AdamW's second decay rate (default: ${DEFAULT-VALUE})")
    double beta2 = 0.999;

    @Option(
            names = "--adam_epsilon",
            defaultValue = "1e-8",
            paramLabel = "F",
            description = "AdamW's epsilon (default: ${DEFAULT-VALUE})")
    double epsilon = 1e-8;

    @Option(
            names = "--max_grad_norm",
            defaultValue = "1.0",
            paramLabel = "F",
            description = "gradients are scaled down to this global norm; 0 for never (default: ${DEFAULT-VALUE})")
    double maxGradNorm = 1.0;

    @Option(
            names = "--seed",
            defaultValue = "42",
            paramLabel = "N",
            description = "of the order of the data and of what is held out (default: ${DEFAULT-VALUE})")
    long seed = 42;

    @Option(
            names = "--overwrite_output_dir",
            arity = "0..1",
            fallbackValue = "true",
            converter = PythonBoolean.class,
            paramLabel = "True|False",
            description = "begin again even if --output_dir holds something (default: False)")
    boolean overwriteOutput;
}
