package dev.gorgon.train.eval;

import dev.gorgon.engine.adapter.Adapter;
import dev.gorgon.engine.adapter.AdapterLoader;
import dev.gorgon.engine.adapter.AdapterSlot;
import dev.gorgon.engine.adapter.Lora;
import dev.gorgon.engine.adapter.Medusa;
import dev.gorgon.engine.backend.KvStorage;
import dev.gorgon.engine.backend.cpu.CpuBackend;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.Engine;
import dev.gorgon.engine.schedule.EngineOptions;
import dev.gorgon.engine.schedule.LanguageModel;
import dev.gorgon.engine.schedule.ModelLoader;
import dev.gorgon.engine.text.HuggingFaceTokenizer;
import dev.gorgon.engine.text.Tokenizer;
import dev.gorgon.kernels.KernelProviders;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Evaluates Medusa heads on what they are for: the model's own greedy answers to prompts in the form in which they are served.
 * First the answers, then the measurement in the engine, then the ranks that the heads gave to every token of the answers.
 */
public final class HeadEvaluation {

    /** All prompts together. */
    public static final String ALL = "all";

    private static final int TREE_NODES = 64;
    private static final int AT_ONCE = 16;
    private static final int STEP_ROWS = 256;
    private static final int MAX_HEADS = 32;

    private final EvaluationJob job;
    private final EvaluationListener listener;
    private final ModelConfig config;
    private final EvaluationPrompt.Source prompts;

    private HeadEvaluation(EvaluationJob job, EvaluationListener listener) {
        this.job = job;
        this.listener = listener;
        this.config = ModelConfig.read(job.model().folder());
        try (Tokenizer tokenizer = HuggingFaceTokenizer.load(job.model().folder())) {
            this.prompts = EvaluationPrompt.read(job.data(), job.model().template(), tokenizer, config.maxPositions());
        }
    }

    /**
     * Evaluates.
     *
     * @throws EvaluationException if there is nothing to evaluate, or on nothing
     * @throws RuntimeException if the model, the adapter or the data cannot be read
     */
    public static EvaluationReport run(EvaluationJob job, EvaluationListener listener) {
        return new HeadEvaluation(job, listener).run();
    }

    private EvaluationReport run() {
        CpuBackend backend = new CpuBackend(
                KernelProviders.select(job.machine().kernels()),
                job.machine().format(),
                job.machine().threads());
        EngineOptions limits = limits();
        try (LanguageModel model =
                ModelLoader.load(job.model().name(), job.model().folder(), backend, limits)) {
            AdapterLoader loader = new AdapterLoader(job.model().name(), config, backend);
            try (Loaded heads =
                    new Loaded(loader.load(job.heads().name(), job.heads().folder()))) {
                Medusa medusa = heads.adapter
                        .medusa()
                        .orElseThrow(() -> new EvaluationException(job.heads().name() + " holds no Medusa heads"));
                Optional<Path> lora = job.heads().lora();
                if (lora.isEmpty()) {
                    return evaluate(
                            model,
                            limits,
                            new Guessing(heads.adapter, medusa, AdapterSelection.DEFAULT, heads.adapter.lora()));
                }
                if (heads.adapter.lora().isPresent()) {
                    throw new EvaluationException(
                            job.heads().name() + " brings a LoRA of its own; leave out --adapter-id");
                }
                try (Loaded answering = new Loaded(loader.load(lora.get().toString(), lora.get()))) {
                    return evaluate(
                            model,
                            limits,
                            new Guessing(
                                    heads.adapter,
                                    medusa,
                                    AdapterSelection.of(answering.adapter),
                                    answering.adapter.lora()));
                }
            }
        }
    }

    /** An adapter that is given back. */
    private record Loaded(Adapter adapter) implements AutoCloseable {
        @Override
        public void close() {
            adapter.close();
        }
    }

    /**
     * Who guesses for whom.
     *
     * @param byDefault the engine's default adapter, which brings the heads
     * @param selection that answers
     * @param lora of the selection
     */
    private record Guessing(Adapter byDefault, Medusa medusa, AdapterSelection selection, Optional<Lora> lora) {}

    private EngineOptions limits() {
        int longest = prompts.list().stream()
                .mapToInt(prompt -> prompt.tokens().length)
                .max()
                .orElseThrow();
        int positions = Math.min(config.maxPositions(), longest + job.settings().maxTokens());
        int blocks = (positions + KvStorage.BLOCK - 1) / KvStorage.BLOCK + 1;
        return new EngineOptions(
                AT_ONCE, STEP_ROWS, AT_ONCE * MAX_HEADS, AT_ONCE * blocks, MAX_HEADS, false, true, false);
    }

    private EvaluationReport evaluate(LanguageModel model, EngineOptions limits, Guessing guessing) {
        List<EvaluationPrompt> list = prompts.list();
        List<EngineRuns.Answer> answers;
        Map<String, EvaluationReport.Speed> speeds = Map.of();
        boolean exact = true;
        try (Engine engine = new Engine(model, limits, Optional.of(AdapterSlot.resident(guessing.byDefault)))) {
            EngineRuns runs =
                    new EngineRuns(engine, guessing.selection, job.settings().maxTokens());
            answers = runs.all(list, AT_ONCE, listener);
            if (job.settings().runs() > 0) {
                SpeedMeasurement measurement = new SpeedMeasurement(
                        runs, measured(answers), job.settings().runs());
                speeds = measurement.run(listener);
                exact = measurement.exact();
            }
        }
        List<AnswerRanks> ranks = new ArrayList<>();
        try (HeadRanks heads = new HeadRanks(model, guessing.medusa, guessing.lora)) {
            for (int i = 0; i < list.size(); i++) {
                ranks.add(heads.of(list.get(i), answers.get(i).tokens()));
                listener.onProgress("accuracies", i + 1, list.size());
            }
        }
        EvaluationReport.Subject subject = new EvaluationReport.Subject(
                job.model().name(),
                job.heads().name(),
                job.heads().lora().map(Path::toString).orElse(""),
                model.backend().name(),
                guessing.medusa.heads().size(),
                String.valueOf(job.data().file().getFileName()),
                prompts.conversations(),
                list.size(),
                prompts.skipped(),
                job.settings().maxTokens(),
                job.settings().runs());
        return report(subject, ranks, answers, speeds, exact);
    }

    /** As many as are to be measured, evenly over the file. */
    private List<SpeedMeasurement.Measured> measured(List<EngineRuns.Answer> answers) {
        int all = answers.size();
        int count = Math.min(all, job.settings().measured());
        List<SpeedMeasurement.Measured> measured = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int at = (int) ((long) i * all / count);
            measured.add(new SpeedMeasurement.Measured(
                    prompts.list().get(at), answers.get(at).tokens()));
        }
        return measured;
    }

    private static EvaluationReport report(
            EvaluationReport.Subject subject,
            List<AnswerRanks> ranks,
            List<EngineRuns.Answer> answers,
            Map<String, EvaluationReport.Speed> speeds,
            boolean exact) {
        TreeSet<String> names = new TreeSet<>();
        ranks.forEach(answer -> names.add(answer.domain()));
        List<EvaluationReport.Domain> domains = new ArrayList<>();
        domains.add(domain(ALL, subject.heads(), ranks, answers, speeds));
        if (names.size() > 1) {
            names.forEach(name -> domains.add(domain(name, subject.heads(), ranks, answers, speeds)));
        }
        RankCounts counts = new RankCounts(subject.heads());
        ranks.forEach(counts::add);
        BestTree tree = BestTree.grow(counts.marginal(), TREE_NODES);
        List<Double> walked = new ArrayList<>();
        long tokens = ranks.stream().mapToLong(AnswerRanks::tokens).sum();
        for (int size = 1; size <= tree.nodes().size(); size++) {
            Set<List<Integer>> nodes = Set.copyOf(tree.nodes().subList(0, size));
            long steps =
                    ranks.stream().mapToLong(answer -> answer.treeSteps(nodes)).sum();
            walked.add((double) tokens / steps);
        }
        return new EvaluationReport(
                subject,
                List.copyOf(domains),
                new EvaluationReport.Tree(tree.nodes(), tree.tokensPerStep(), walked),
                exact);
    }

    private static EvaluationReport.Domain domain(
            String name,
            int heads,
            List<AnswerRanks> ranks,
            List<EngineRuns.Answer> answers,
            Map<String, EvaluationReport.Speed> speeds) {
        RankCounts counts = new RankCounts(heads);
        int found = 0;
        long tokens = 0;
        long walkedSteps = 0;
        long engineSteps = 0;
        for (int i = 0; i < ranks.size(); i++) {
            AnswerRanks answer = ranks.get(i);
            if (name.equals(ALL) || name.equals(answer.domain())) {
                counts.add(answer);
                found++;
                tokens += answer.tokens();
                walkedSteps += answer.chainSteps();
                engineSteps += answers.get(i).chainSteps();
            }
        }
        double expected = 1;
        double path = 1;
        for (double[] head : counts.marginal()) {
            path *= head[0];
            expected += path;
        }
        return new EvaluationReport.Domain(
                name.isEmpty() ? "other" : name,
                found,
                tokens,
                counts.heads(),
                expected,
                (double) tokens / walkedSteps,
                (double) tokens / engineSteps,
                speeds.containsKey(name) ? List.of(speeds.get(name)) : List.of());
    }
}
