package dev.gorgon.cli;

import dev.gorgon.hub.AdapterSource;
import dev.gorgon.kernels.WeightFormat;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Options that say which model is loaded and how; the same for all commands, with LoRAX's names and environment variables. */
final class ModelOptions {

    /** The embedded model, served when no other is named. */
    static final String DEMO_MODEL = "stheno-8m";

    private static final String DEMO_ADAPTER = "stheno-8m-medusa";
    private static final String NO_ADAPTER = "none";

    @Spec(Spec.Target.MIXEE)
    @Nullable
    CommandSpec command;

    @Option(
            names = "--model-id",
            defaultValue = "${env:MODEL_ID:-" + DEMO_MODEL + "}",
            paramLabel = "ID",
            description =
                    "base model: the embedded " + DEMO_MODEL + ", a Hugging Face folder, or a repository of the hub,"
                            + " as owner/name or owner/name@revision (default: ${DEFAULT-VALUE})")
    String modelId = DEMO_MODEL;

    @Option(
            names = "--source",
            defaultValue = "${env:SOURCE:-hub}",
            paramLabel = "SOURCE",
            description =
                    "where the base model comes from: hub, which folders and embedded models are part of, local or s3"
                            + " (default: ${DEFAULT-VALUE})")
    String source = "hub";

    @Option(
            names = "--revision",
            defaultValue = "${env:REVISION:-}",
            paramLabel = "NAME",
            description = "branch, tag or commit of the base model (default: main)")
    String revision = "";

    @Option(
            names = "--tokenizer-config-path",
            defaultValue = "${env:TOKENIZER_CONFIG_PATH:-}",
            paramLabel = "FILE",
            description = "a tokenizer_config.json whose chat template is used instead of the model's (default: none)")
    String tokenizerConfigPath = "";

    @Option(
            names = "--adapter-id",
            defaultValue = "${env:ADAPTER_ID:-}",
            paramLabel = "ID",
            description = "default adapter of all requests (default: " + DEMO_ADAPTER + " for the embedded model; '"
                    + NO_ADAPTER + "' for no adapter)")
    String adapterId = "";

    @Option(
            names = "--adapter-source",
            defaultValue = "${env:ADAPTER_SOURCE:-hub}",
            paramLabel = "SOURCE",
            description =
                    "where --adapter-id comes from: hub, local, s3 or pbase (default: hub); embedded adapters count as hub")
    String adapterSource = "hub";

    @Option(
            names = "--dtype",
            defaultValue = "${env:DTYPE:-bfloat16}",
            paramLabel = "TYPE",
            description = "weights and key/value cache: bfloat16 or float32 (default: ${DEFAULT-VALUE})")
    String dtype = "bfloat16";

    @Option(
            names = "--quantize",
            defaultValue = "${env:QUANTIZE:-}",
            paramLabel = "FORMAT",
            description =
                    "quantize the base model while loading: q8 or q4, blocks of 32 weights with one scale; LoRAX's"
                            + " bitsandbytes and eetq mean q8, bitsandbytes-nf4, bitsandbytes-fp4 and hqq-4bit mean q4 (default: none)")
    String quantize = "";

    @Option(
            names = "--pack-cache",
            defaultValue = "${env:PACK_CACHE:-}",
            paramLabel = "DIR",
            description = "keep a packed copy of the base model there and map it at the next start (default: none)")
    String packCache = "";

    @Option(
            names = "--kernels",
            defaultValue = "${env:KERNELS:-auto}",
            paramLabel = "NAME",
            description =
                    "arithmetic: native, portable or auto, which is native where it runs (default: ${DEFAULT-VALUE});"
                            + " native-avx2 and the like choose an instruction set")
    String kernels = "auto";

    @Option(
            names = "--threads",
            defaultValue = "${env:THREADS:-0}",
            paramLabel = "N",
            description = "worker threads of the engine (default: one per core)")
    int threads;

    @Option(
            names = "--max-batch-size",
            defaultValue = "${env:MAX_BATCH_SIZE:-32}",
            paramLabel = "N",
            description = "sequences that are computed at once; others wait (default: ${DEFAULT-VALUE})")
    int maxBatchSize = 32;

    @Option(
            names = "--max-batch-prefill-tokens",
            defaultValue = "${env:MAX_BATCH_PREFILL_TOKENS:-256}",
            paramLabel = "N",
            description = "rows of one step; longer prompts are computed in chunks (default: ${DEFAULT-VALUE})")
    int maxBatchPrefillTokens = 256;

    @Option(
            names = "--max-total-tokens",
            defaultValue = "${env:MAX_TOTAL_TOKENS:-0}",
            paramLabel = "N",
            description = "prompt and generated tokens of one request (default: the model's context, at most 4096)")
    int maxTotalTokens;

    @Option(
            names = "--max-batch-total-tokens",
            defaultValue = "${env:MAX_BATCH_TOTAL_TOKENS:-0}",
            paramLabel = "N",
            description = "positions of the key/value cache (default: what an eighth of the memory holds)")
    int maxBatchTotalTokens;

    @Option(
            names = "--speculative-tokens",
            defaultValue = "${env:SPECULATIVE_TOKENS:--1}",
            paramLabel = "N",
            description =
                    "guesses per step and sequence: 0 turns speculation off; without Medusa heads a number above 0 drafts by"
                            + " prompt lookup (default: as many as there are heads)")
    int speculativeTokens = -1;

    @Option(
            names = "--speculation-max-batch-size",
            defaultValue = "${env:SPECULATION_MAX_BATCH_SIZE:-96}",
            paramLabel = "N",
            description = "drafted rows of one step over all sequences (default: ${DEFAULT-VALUE})")
    int speculationMaxBatchSize = 96;

    @Option(
            names = "--adaptive-drafts",
            defaultValue = "${env:ADAPTIVE_DRAFTS:-true}",
            arity = "1",
            paramLabel = "true|false",
            description = "draft less for sequences whose guesses do not hold (default: ${DEFAULT-VALUE})")
    boolean adaptiveDrafts = true;

    @Option(
            names = "--prefix-caching",
            defaultValue = "${env:PREFIX_CACHING:-true}",
            arity = "1",
            paramLabel = "true|false",
            description = "keep keys and values for requests that begin alike (default: ${DEFAULT-VALUE})")
    boolean prefixCaching = true;

    /** The default adapter, if there is one. */
    Optional<String> defaultAdapter() {
        if (adapterId.equals(NO_ADAPTER)) {
            return Optional.empty();
        }
        if (!adapterId.isEmpty()) {
            return Optional.of(adapterId);
        }
        return modelId.equals(DEMO_MODEL) ? Optional.of(DEMO_ADAPTER) : Optional.empty();
    }

    AdapterSource source() {
        return AdapterSource.parse(adapterSource)
                .orElseThrow(() -> Mistakes.bad(
                        command, "--adapter-source is " + adapterSource + "; choose hub, local, s3 or pbase"));
    }

    AdapterSource modelSource() {
        return AdapterSource.parse(source)
                .filter(known -> known != AdapterSource.PBASE)
                .orElseThrow(() -> Mistakes.bad(command, "--source is " + source + "; choose hub, local or s3"));
    }

    int workers() {
        int cores = Runtime.getRuntime().availableProcessors();
        return threads == 0 ? cores : threads;
    }

    /** Storage of the base model's weights. */
    WeightFormat weightFormat() {
        boolean floats = dtype.toLowerCase(Locale.ROOT).equals("float32");
        if (quantize.isEmpty()) {
            return floats ? WeightFormat.F32 : WeightFormat.BF16;
        }
        if (floats) {
            throw Mistakes.bad(
                    command, "--quantize " + quantize + " keeps the rest in bfloat16; leave out --dtype float32");
        }
        return switch (quantize.toLowerCase(Locale.ROOT)) {
            case "q8", "bitsandbytes", "eetq" -> WeightFormat.Q8;
            case "q4", "bitsandbytes-nf4", "bitsandbytes-fp4", "hqq-4bit" -> WeightFormat.Q4;
            default ->
                throw Mistakes.bad(
                        command,
                        "--quantize " + quantize + " is not supported; choose q8 (also as bitsandbytes or eetq) or q4"
                                + " (also as bitsandbytes-nf4, bitsandbytes-fp4 or hqq-4bit)");
        };
    }

    Optional<Path> packCacheFolder() {
        return packCache.isEmpty() ? Optional.empty() : Optional.of(Path.of(packCache));
    }

    /** What to say when a name of another server was taken for the nearest format of this one. */
    Optional<String> quantizeNotice() {
        String format = weightFormat().name().toLowerCase(Locale.ROOT);
        return quantize.isEmpty() || quantize.equalsIgnoreCase(format)
                ? Optional.empty()
                : Optional.of("--quantize " + quantize + " is served as " + format
                        + ": blocks of 32 weights with a half-float scale each");
    }

    /** Checks what picocli cannot. */
    void validate() {
        weightFormat();
        switch (dtype.toLowerCase(Locale.ROOT)) {
            case "bfloat16", "float32" -> {}
            case "float16" ->
                throw Mistakes.bad(command, "--dtype float16 is not supported on CPUs; choose bfloat16 or float32");
            default -> throw Mistakes.bad(command, "--dtype is " + dtype + "; choose bfloat16 or float32");
        }
        atLeast("--threads", threads, 0);
        atLeast("--max-batch-size", maxBatchSize, 1);
        atLeast("--max-batch-prefill-tokens", maxBatchPrefillTokens, maxBatchSize);
        atLeast("--max-total-tokens", maxTotalTokens, 0);
        atLeast("--max-batch-total-tokens", maxBatchTotalTokens, 0);
        atLeast("--speculative-tokens", speculativeTokens, -1);
        atLeast("--speculation-max-batch-size", speculationMaxBatchSize, 0);
        if (workers() > 1024) {
            throw Mistakes.bad(command, "--threads is " + threads + "; at most 1024 make sense");
        }
        source();
        modelSource();
        if (!revision.isEmpty() && modelId.contains("@")) {
            throw Mistakes.bad(command, "Cannot specify a revision in both the --model-id and --revision flags");
        }
    }

    private void atLeast(String name, int value, int least) {
        if (value < least) {
            throw Mistakes.bad(command, name + " must be at least " + least + ", got " + value);
        }
    }
}
