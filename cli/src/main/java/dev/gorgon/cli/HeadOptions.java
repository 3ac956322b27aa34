package dev.gorgon.cli;

import dev.gorgon.train.data.ReadSettings;
import picocli.CommandLine.Option;

/** Flags of the training that the published recipe does not have. */
final class HeadOptions {

    @Option(
            names = "--adapter_id",
            paramLabel = "ID",
            description = "train on top of this LoRA, and put it into the result (default: none)")
    String adapter = "";

    @Option(
            names = "--adapter_source",
            defaultValue = "hub",
            paramLabel = "SOURCE",
            description =
                    "where --adapter_id and --init_from come from: hub, which folders and embedded adapters are part"
                            + " of, local or s3 (default: ${DEFAULT-VALUE})")
    String adapterSource = "hub";

    @Option(
            names = "--init_from",
            paramLabel = "ID",
            description = "begin with the heads of this adapter (default: heads that change nothing)")
    String initFrom = "";

    @Option(
            names = "--version",
            defaultValue = "2",
            paramLabel = "1|2",
            description = "2: heads share the model's LM head; 1: each has its own (default: ${DEFAULT-VALUE})")
    int version = 2;

    @Option(
            names = "--train_on",
            defaultValue = "assistant",
            paramLabel = "WHAT",
            description = "which tokens are labels: assistant (its turns), or all (default: ${DEFAULT-VALUE})")
    String trainOn = "assistant";

    @Option(
            names = "--on_bad",
            defaultValue = "fail",
            paramLabel = "skip|fail",
            description = "what to do with a row of the data that is no conversation: leave it out, or refuse the file"
                    + " (default: ${DEFAULT-VALUE})")
    ReadSettings.OnBad onBad = ReadSettings.OnBad.FAIL;

    @Option(
            names = "--head_loss_decay",
            defaultValue = "1.0",
            paramLabel = "F",
            description = "head i weighs F^i in the loss (default: ${DEFAULT-VALUE}, a plain sum)")
    double lossDecay = 1.0;

    @Option(
            names = "--positions_per_step",
            defaultValue = "0",
            paramLabel = "N",
            description = "let an optimizer step cover N positions of anywhere instead of whole conversations")
    long positionsPerStep;

    @Option(
            names = "--eval_fraction",
            defaultValue = "0",
            paramLabel = "F",
            description = "share of the conversations that is held out and evaluated (default: none)")
    double evaluationFraction;

    @Option(
            names = "--holdout_ids",
            paramLabel = "FILE",
            description =
                    "ids of conversations, one per line, that are held out and evaluated; held-out.txt names those of"
                            + " the embedded data (default: none)")
    String heldOutIds = "";

    @Option(
            names = "--early_stop",
            arity = "0..1",
            defaultValue = "0",
            fallbackValue = "3",
            paramLabel = "N",
            description =
                    "stop after N evaluations without a smaller loss (3 if none is given) and keep the best heads")
    int patience;

    @Option(
            names = "--hidden_cache",
            paramLabel = "DIR",
            description = "keep the hidden states there for other trainings on the same data (default: in --output_dir,"
                    + " removed in the end)")
    String cache = "";

    @Option(
            names = "--overwrite_cache",
            arity = "0..1",
            fallbackValue = "true",
            converter = RecipeOptions.PythonBoolean.class,
            paramLabel = "True|False",
            description = "replace the hidden states of something else (default: False, refuse)")
    boolean overwriteCache;

    @Option(
            names = {"--resume", "--resume_from_checkpoint"},
            arity = "0..1",
            fallbackValue = "true",
            converter = RecipeOptions.PythonBoolean.class,
            paramLabel = "True|False",
            description = "go on with what was interrupted in --output_dir; the result is the same to the last bit")
    boolean resume;

    @Option(
            names = "--dtype",
            defaultValue = "bfloat16",
            paramLabel = "TYPE",
            description = "weights of the base model, as they will be served: bfloat16 or float32"
                    + " (default: ${DEFAULT-VALUE})")
    String dtype = "bfloat16";

    @Option(
            names = "--quantize",
            defaultValue = "",
            paramLabel = "FORMAT",
            description = "quantize the base model, as it will be served: q8 or q4 (default: none)")
    String quantize = "";

    @Option(
            names = "--threads",
            defaultValue = "0",
            paramLabel = "N",
            description = "threads; they do not show in the result (default: one per core)")
    int threads;

    @Option(
            names = "--kernels",
            defaultValue = "auto",
            paramLabel = "NAME",
            description = "arithmetic, as in serve (default: ${DEFAULT-VALUE})")
    String kernels = "auto";
}
