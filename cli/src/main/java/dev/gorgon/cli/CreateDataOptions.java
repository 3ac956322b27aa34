package dev.gorgon.cli;

import dev.gorgon.train.data.ReadSettings;
import dev.gorgon.train.distill.AnswerSettings;
import dev.gorgon.train.distill.CutAnswers;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Option;

/** Options of {@code gorgon create-data} that say how answers are made and where they come from. */
final class CreateDataOptions {

    @Option(
            names = {"--temperature"},
            defaultValue = "0",
            paramLabel = "T",
            description =
                    "0 takes the likeliest token, as it is served greedily; above 0 samples (default: ${DEFAULT-VALUE})")
    float temperature;

    @Option(
            names = {"--top-p", "--top_p"},
            defaultValue = "1",
            paramLabel = "P",
            description = "sample among the likeliest tokens that have this share together (default: ${DEFAULT-VALUE})")
    float topP = 1;

    @Option(
            names = {"--max-tokens", "--max_tokens"},
            defaultValue = "1024",
            paramLabel = "N",
            description = "tokens of one answer at most (default: ${DEFAULT-VALUE})")
    int maxTokens = 1024;

    @Option(
            names = "--seed",
            defaultValue = "0",
            paramLabel = "N",
            description =
                    "seed of the sampling; each answer has its own, made of this one, its conversation's id and its"
                            + " place there (default: ${DEFAULT-VALUE})")
    long seed;

    @Option(
            names = "--concurrency",
            defaultValue = "0",
            paramLabel = "N",
            description =
                    "conversations at once; results do not depend on it (default: twice --max-batch-size, or 32 with --url)")
    int concurrency;

    @Option(
            names = "--limit",
            defaultValue = "" + Long.MAX_VALUE,
            paramLabel = "N",
            description = "only the first N conversations of the input (default: all)")
    long limit = Long.MAX_VALUE;

    @Option(
            names = {"--on-bad", "--on_bad"},
            defaultValue = "fail",
            paramLabel = "skip|fail",
            description = "what to do with a row that is no conversation: leave it out, or refuse the input, before"
                    + " anything is generated (default: ${DEFAULT-VALUE})")
    ReadSettings.OnBad onBad = ReadSettings.OnBad.FAIL;

    @Option(
            names = {"--input-format", "--input_format"},
            defaultValue = "auto",
            paramLabel = "auto|lines|paragraphs",
            description = "auto recognises JSON and JSONL, and takes other text for one prompt per line; lines and"
                    + " paragraphs take any text for prompts (default: ${DEFAULT-VALUE})")
    ReadSettings.Form form = ReadSettings.Form.AUTO;

    @Option(
            names = {"--on-cut", "--on_cut"},
            defaultValue = "keep",
            paramLabel = "keep|drop",
            description = "what to do with an answer that reaches --max-tokens, which ends its conversation: keep it,"
                    + " marked, or drop it (default: ${DEFAULT-VALUE})")
    CutAnswers cutAnswers = CutAnswers.KEEP;

    @Option(names = "--force", description = "continue an output although it was begun with other settings")
    boolean force;

    @Option(
            names = "--url",
            defaultValue = "",
            paramLabel = "URL",
            description = "let a server with OpenAI's API answer instead of a model in this process; --adapter-id, else"
                    + " --model-id, names its model (default: the first that it lists)")
    String url = "";

    @Option(
            names = {"--api-key", "--api_key"},
            defaultValue = "${env:OPENAI_API_KEY:-}",
            paramLabel = "KEY",
            description = "bearer token for --url; better given as the environment variable OPENAI_API_KEY",
            showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
    String apiKey = "";

    @Option(
            names = "--timeout",
            defaultValue = "600",
            paramLabel = "SECONDS",
            description = "for one answer of --url (default: ${DEFAULT-VALUE})")
    int timeoutSeconds = 600;

    @Option(
            names = "--retries",
            defaultValue = "5",
            paramLabel = "N",
            description = "further attempts when --url does not answer, or answers 429 or 5xx; the pause is a second,"
                    + " then twice as long each time, or what the server asks for (default: ${DEFAULT-VALUE})")
    int retries = 5;

    /** @throws IllegalArgumentException if a value is not possible */
    AnswerSettings answers() {
        if (concurrency < 0 || limit < 1 || timeoutSeconds < 1 || retries < 0) {
            throw new IllegalArgumentException(
                    "--limit and --timeout must be at least 1, --concurrency and --retries not negative");
        }
        return new AnswerSettings(maxTokens, temperature, topP);
    }

    /** What answers depend on, with what the model adds. */
    Map<String, String> madeWith(Map<String, String> model) {
        Map<String, String> settings = new TreeMap<>(model);
        settings.put("temperature", String.valueOf(temperature));
        settings.put("top_p", String.valueOf(topP));
        settings.put("max_tokens", String.valueOf(maxTokens));
        return settings;
    }
}
