package dev.gorgon.cli;

import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.text.ChatTemplate;
import dev.gorgon.train.data.BadRow;
import dev.gorgon.train.data.DataException;
import dev.gorgon.train.data.ReadSettings;
import dev.gorgon.train.distill.AnswerException;
import dev.gorgon.train.distill.AnswerSettings;
import dev.gorgon.train.distill.Answerer;
import dev.gorgon.train.distill.ChatServer;
import dev.gorgon.train.distill.DistillSettings;
import dev.gorgon.train.distill.Distillation;
import dev.gorgon.train.distill.EngineAnswerer;
import dev.gorgon.train.distill.OutputPaths;
import dev.gorgon.train.distill.Progress;
import dev.gorgon.train.distill.Retrying;
import dev.gorgon.train.distill.ServerAnswerer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gorgon create-data}: training data out of conversations or prompts, with the model's own answers. */
@Command(
        name = "create-data",
        mixinStandardHelpOptions = true,
        description =
                "Replaces the answers of conversations by the model's own, turn by turn, or answers prompts. Adds each"
                        + " finished conversation to OUT; the same command goes on where an earlier one ended.")
final class CreateDataCommand implements Callable<Integer> {

    private static final int SHOWN_BAD_ROWS = 20;
    private static final int URL_CONCURRENCY = 32;

    @Spec
    @Nullable
    CommandSpec command;

    @Mixin
    ModelOptions model = new ModelOptions();

    @Mixin
    CreateDataOptions options = new CreateDataOptions();

    @Parameters(
            index = "0",
            paramLabel = "IN",
            description =
                    "conversations (ShareGPT or OpenAI's messages) or prompts, as JSON, JSONL or text, also gzipped")
    Path in = Path.of("");

    @Parameters(
            index = "1",
            paramLabel = "OUT",
            description = "JSONL to add to; with .json at its end it is the array, and the JSONL lies beside it")
    Path out = Path.of("");

    @Option(
            names = "--array",
            paramLabel = "FILE",
            description =
                    "JSON array of lists of messages, as the Medusa repository uses it, written at the end (default:"
                            + " OUT with .json)")
    @Nullable
    Path array;

    private int badRows;

    @Override
    public Integer call() throws InterruptedException {
        AnswerSettings answers;
        try {
            answers = options.answers();
        } catch (IllegalArgumentException e) {
            throw Mistakes.bad(command, String.valueOf(e.getMessage()));
        }
        return options.url.isEmpty() ? withEngine(answers) : withServer(answers);
    }

    private int withEngine(AnswerSettings answers) throws InterruptedException {
        model.validate();
        try (ServedModel served = ServedModel.load(model)) {
            ChatTemplate template = served.chatTemplate()
                    .orElseThrow(
                            () -> new DataException(
                                    model.modelId
                                            + " has no chat template; name a tokenizer_config.json with one by --tokenizer-config-path"));
            Map<String, String> madeWith = new TreeMap<>();
            madeWith.put("model", model.modelId);
            madeWith.put("revision", model.revision);
            madeWith.put("adapter", model.adapterId);
            madeWith.put("weights", model.weightFormat().name().toLowerCase(Locale.ROOT));
            madeWith.put("template", model.tokenizerConfigPath);
            madeWith.put("max_total_tokens", String.valueOf(served.maxTotalTokens()));
            return run(
                    new EngineAnswerer(
                            served.engine(), template, AdapterSelection.DEFAULT, answers, served.maxTotalTokens()),
                    madeWith,
                    2 * model.maxBatchSize);
        }
    }

    private int withServer(AnswerSettings answers) throws InterruptedException {
        ChatServer server;
        try {
            server = ChatServer.of(options.url, options.apiKey, Duration.ofSeconds(options.timeoutSeconds));
        } catch (IllegalArgumentException e) {
            throw Mistakes.bad(command, "--url " + e.getMessage());
        }
        String name = serverModel(server);
        try (ServerAnswerer answerer = new ServerAnswerer(server, name, answers)) {
            return run(
                    new Retrying(answerer, options.retries, Duration.ofSeconds(1)),
                    Map.of("server_model", name),
                    URL_CONCURRENCY);
        }
    }

    private String serverModel(ChatServer server) throws InterruptedException {
        if (!model.adapterId.isEmpty()) {
            return model.adapterId;
        }
        if (!model.modelId.equals(ModelOptions.DEMO_MODEL)) {
            return model.modelId;
        }
        try {
            return ServerAnswerer.firstModel(server).orElse("");
        } catch (AnswerException e) {
            throw new DataException(String.valueOf(e.getMessage()), e);
        }
    }

    private int run(Answerer answerer, Map<String, String> model, int concurrency) throws InterruptedException {
        OutputPaths output =
                array == null ? OutputPaths.of(out) : OutputPaths.of(out).withArray(array);
        DistillSettings settings = new DistillSettings(
                DataFiles.find(in),
                new ReadSettings(options.form, options.onBad, this::tell),
                output,
                new DistillSettings.Run(
                        options.seed,
                        options.concurrency == 0 ? concurrency : options.concurrency,
                        options.limit,
                        options.cutAnswers,
                        options.force),
                options.madeWith(model));
        Distillation run = Distillation.open(settings, answerer);
        CountDownLatch ended = new CountDownLatch(1);
        Thread onSignal = new Thread(() -> {
            run.stop();
            await(ended);
        });
        Runtime.getRuntime().addShutdownHook(onSignal);
        try {
            return run(run, output);
        } finally {
            try {
                run.close();
            } finally {
                ended.countDown();
                forget(onSignal);
            }
        }
    }

    private int run(Distillation run, OutputPaths output) throws InterruptedException {
        Progress at = run.progress();
        System.err.println(at.total() + " conversations"
                + (run.skipped() == 0 ? "" : ", " + run.skipped() + " bad rows left out")
                + (at.before() == 0 ? "" : "; " + at.before() + " are finished already"));
        boolean complete;
        try (ProgressLine _ = new ProgressLine(System.err, ProgressLine.onTerminal(), run::progress)) {
            complete = run.run();
        } catch (DataException e) {
            throw new DataException(e.getMessage() + "; " + standing(run.progress(), output), e);
        }
        Progress end = run.progress();
        if (!complete) {
            System.err.println("stopped; " + standing(end, output));
            return 1;
        }
        long written = run.writeArray();
        System.err.printf(
                Locale.ROOT,
                "%s: %d conversations, %d of them new; %d tokens in %s, %.0f tokens/s%n%s: %d as an array%n",
                output.lines(),
                end.before() + end.done(),
                end.done(),
                end.tokens(),
                ProgressLine.duration(end.nanos()),
                end.tokensPerSecond(),
                output.array(),
                written);
        if (end.failed() > 0) {
            System.err.println(
                    end.failed() + " failed, see " + output.failures() + "; the same command tries them again");
        }
        return end.failed() == 0 ? 0 : 1;
    }

    private static String standing(Progress at, OutputPaths output) {
        return at.before() + at.done() + " of " + at.total() + " conversations are finished in " + output.lines()
                + ", the same command goes on from there";
    }

    private void tell(BadRow row) {
        badRows++;
        if (badRows <= SHOWN_BAD_ROWS) {
            System.err.println("left out: " + row);
        } else if (badRows == SHOWN_BAD_ROWS + 1) {
            System.err.println("left out: further rows, which are only counted");
        }
    }

    private static void await(CountDownLatch ended) {
        try {
            ended.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // it runs already
        }
    }
}
