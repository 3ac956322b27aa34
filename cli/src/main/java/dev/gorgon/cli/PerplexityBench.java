package dev.gorgon.cli;

import dev.gorgon.engine.sample.SamplingParameters;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.Completion;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.GenerationException;
import dev.gorgon.engine.schedule.GenerationListener;
import dev.gorgon.engine.schedule.PromptToken;
import dev.gorgon.engine.schedule.TokenEvent;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** What storing weights in fewer bits does to the demonstration model: perplexity of conversations that were held out. */
final class PerplexityBench {

    private static final List<String> FORMATS = List.of("float32", "bfloat16", "q8", "q4");
    private static final String REFERENCE = "bfloat16";

    private final ModelOptions options;
    private final PrintStream out;

    PerplexityBench(ModelOptions options, PrintStream out) {
        this.options = options;
        this.out = out;
    }

    void run(int perDomain) {
        double[][] perplexity = new double[FORMATS.size()][];
        int[] tokens = new int[2];
        for (int i = 0; i < perplexity.length; i++) {
            boolean quantized = FORMATS.get(i).startsWith("q");
            options.dtype = quantized ? REFERENCE : FORMATS.get(i);
            options.quantize = quantized ? FORMATS.get(i) : "";
            try (ServedModel served = ServedModel.load(options)) {
                double[] sums = new double[2];
                tokens = new int[2];
                for (List<HeldOut.Conversation> conversations :
                        HeldOut.byDomain(perDomain).values()) {
                    for (HeldOut.Conversation conversation : conversations) {
                        int question = served.model().tokenizer().encode(conversation.prompt(), true).length;
                        double[] logprobs = logprobs(served, conversation);
                        sums[0] += Arrays.stream(logprobs, question, logprobs.length)
                                .sum();
                        tokens[0] += logprobs.length - question;
                        sums[1] += Arrays.stream(logprobs, 1, logprobs.length).sum();
                        tokens[1] += logprobs.length - 1;
                    }
                }
                perplexity[i] = new double[] {Math.exp(-sums[0] / tokens[0]), Math.exp(-sums[1] / tokens[1])};
            }
        }
        double[] reference = perplexity[FORMATS.indexOf(REFERENCE)];
        out.printf(
                "held-out conversations: %d tokens of answers, %d of whole texts%n%n"
                        + "| weights | perplexity of answers | against %s | perplexity of whole texts | against %s |%n"
                        + "|---|---|---|---|---|%n",
                tokens[0], tokens[1], REFERENCE, REFERENCE);
        for (int i = 0; i < perplexity.length; i++) {
            out.printf(
                    "| %s | %.5f | %+.2f %% | %.4f | %+.2f %% |%n",
                    FORMATS.get(i),
                    perplexity[i][0],
                    100 * (perplexity[i][0] / reference[0] - 1),
                    perplexity[i][1],
                    100 * (perplexity[i][1] / reference[1] - 1));
        }
    }

    /** Logprobs of all tokens; that of the first is NaN. */
    private static double[] logprobs(ServedModel served, HeldOut.Conversation conversation) {
        int[] all = served.model().tokenizer().encode(conversation.prompt() + " " + conversation.answer(), true);
        CompletableFuture<List<PromptToken>> prompt = new CompletableFuture<>();
        GenerateRequest request = new GenerateRequest(
                all, AdapterSelection.DEFAULT, SamplingParameters.GREEDY, 1, List.of(), true, true, 0, 0);
        served.engine().submit(request, new GenerationListener() {
            @Override
            public void onPrompt(List<PromptToken> tokens) {
                prompt.complete(tokens);
            }

            @Override
            public void onToken(TokenEvent token) {}

            @Override
            public void onFinish(Completion completion) {}

            @Override
            public void onFailure(GenerationException failure) {
                prompt.completeExceptionally(failure);
            }
        });
        return prompt.join().stream().mapToDouble(PromptToken::logprob).toArray();
    }
}
