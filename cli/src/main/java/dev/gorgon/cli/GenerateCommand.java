package dev.gorgon.cli;

import dev.gorgon.engine.sample.SamplingParameters;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.Generation;
import dev.gorgon.engine.schedule.GenerationException;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.engine.schedule.TokenEvent;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gorgon generate}: one generation in the terminal. */
@Command(
        name = "generate",
        mixinStandardHelpOptions = true,
        description = "Generates once and streams the text to the terminal. The prompt is taken as it is;"
                + " the embedded model expects '[INST] question [/INST]'.")
final class GenerateCommand implements Callable<Integer> {

    @Spec
    @Nullable
    CommandSpec command;

    @Mixin
    ModelOptions options = new ModelOptions();

    @Parameters(paramLabel = "PROMPT", description = "the prompt")
    String prompt = "";

    @Option(
            names = "--max-new-tokens",
            defaultValue = "256",
            paramLabel = "N",
            description = "tokens to generate at most (default: ${DEFAULT-VALUE})")
    int maxNewTokens = 256;

    @Option(
            names = "--temperature",
            defaultValue = "0",
            paramLabel = "T",
            description = "0 is greedy; above 0 samples (default: ${DEFAULT-VALUE})")
    float temperature;

    @Option(names = "--seed", defaultValue = "0", paramLabel = "N", description = "seed of the sampling (default: 0)")
    long seed;

    @Option(
            names = "--lora",
            defaultValue = "",
            paramLabel = "ID",
            description = "adapter of this generation: an embedded one or, with a slash, a folder")
    String lora = "";

    @Option(names = "--quiet", description = "print the text only, no figures")
    boolean quiet;

    @Override
    public Integer call() throws InterruptedException {
        if (prompt.isEmpty() || maxNewTokens < 1 || !(temperature >= 0)) {
            throw new ParameterException(
                    spec().commandLine(),
                    "the prompt must not be empty, --max-new-tokens at least 1, --temperature at least 0");
        }
        try (ServedModel served = ServedModel.load(options)) {
            AdapterSelection adapter =
                    lora.isEmpty() ? AdapterSelection.DEFAULT : AdapterSelection.of(served.adapter(lora));
            int[] tokens = served.model().tokenizer().encode(prompt, true);
            int room = served.engine().maxPositions() - tokens.length;
            if (room < 1) {
                throw new GenerationException("the prompt has " + tokens.length + " tokens, but the context only "
                        + served.engine().maxPositions());
            }
            Printer printer = new Printer(System.out);
            Generation generation = served.engine()
                    .submit(
                            new GenerateRequest(
                                    tokens,
                                    adapter,
                                    sampling(),
                                    Math.min(maxNewTokens, room),
                                    List.of(),
                                    false,
                                    false,
                                    0,
                                    GenerateRequest.ANY_SPECULATION),
                            printer);
            try {
                Completion completion = printer.done.get();
                System.out.println();
                if (!quiet) {
                    report(completion);
                }
                return 0;
            } catch (ExecutionException e) {
                throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e);
            } finally {
                generation.cancel();
            }
        }
    }

    private CommandSpec spec() {
        if (command == null) {
            throw new IllegalStateException("the command was not made by the command line");
        }
        return command;
    }

    private SamplingParameters sampling() {
        return temperature == 0
                ? SamplingParameters.GREEDY
                : new SamplingParameters(true, temperature, 0, 1f, 1f, 1f, 0f, 0f, false, seed, 0);
    }

    private static void report(Completion completion) {
        System.err.printf(
                "%d prompt tokens, %d generated in %d steps (%.2f tokens per step), %.1f tokens/s%n",
                completion.promptTokens(),
                completion.generatedTokens(),
                completion.steps(),
                (double) completion.generatedTokens() / completion.steps(),
                completion.generatedTokens() * 1e9 / completion.inferenceNanos());
    }

    /** Prints tokens as they come. */
    private static final class Printer implements GenerationListener {
        final CompletableFuture<Completion> done = new CompletableFuture<>();
        private final PrintStream out;

        Printer(PrintStream out) {
            this.out = out;
        }

        @Override
        public void onToken(TokenEvent token) {
            if (!token.special()) {
                out.print(token.text());
                out.flush();
            }
        }

        @Override
        public void onFinish(Completion completion) {
            done.complete(completion);
        }

        @Override
        public void onFailure(GenerationException failure) {
            done.completeExceptionally(failure);
        }
    }
}
