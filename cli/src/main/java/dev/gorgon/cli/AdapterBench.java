package dev.gorgon.cli;

import dev.gorgon.engine.adapter.Adapter;
import dev.gorgon.engine.adapter.AdapterLoader;
import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.KvStorage;
import dev.gorgon.engine.backend.cpu.CpuBackend;
import dev.gorgon.engine.model.DecoderLoader;
import dev.gorgon.engine.model.DecoderWeights;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.Engine;
import dev.gorgon.engine.schedule.EngineOptions;
import dev.gorgon.engine.schedule.LanguageModel;
import dev.gorgon.engine.schedule.ModelLoader;
import dev.gorgon.engine.weights.Checkpoint;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.Kernels;
import dev.gorgon.kernels.WeightFormat;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What many adapters in one batch cost: the same requests without adapter, on one, and on as many as there are requests; and what
 * loading adapters meanwhile does to the gaps between tokens. All kinds alternate, run after run; medians are reported.
 */
final class AdapterBench {

    private static final int REQUESTS = 16;
    private static final int PROMPT = 4;
    private static final int WARM_TOKENS = 4;
    /** Adapters that there is memory for when they are served in turn. */
    private static final int IN_MEMORY = 50;

    private static final int ROUNDS = 2;

    private final ShapeCheckpoint shape;
    private final Kernels kernels;
    private final int threads;
    private final Settings settings;
    private final PrintStream out;
    private final List<Measurement> measurements = new ArrayList<>();

    /**
     * @param rank of all adapters
     * @param tokens generated per request and run
     * @param runs alternating runs
     * @param roundRobin adapters that are served in turn afterwards; 0 for none
     * @param workFolder where model and adapters are made and kept
     */
    record Settings(int rank, int tokens, int runs, int roundRobin, Path workFolder) {}

    AdapterBench(ShapeCheckpoint shape, ModelOptions options, Settings settings, PrintStream out) {
        this.shape = shape;
        this.kernels = KernelProviders.select(options.kernels);
        this.threads = options.workers();
        this.settings = settings;
        this.out = out;
    }

    List<Measurement> measurements() {
        return measurements;
    }

    /** What the requests of one run use. */
    private enum Kind {
        NONE("no adapter"),
        ONE("one adapter"),
        MANY(REQUESTS + " adapters"),
        LOADING(REQUESTS + " adapters, others loading");

        private final String title;

        Kind(String title) {
            this.title = title;
        }
    }

    void run(WeightFormat format) {
        try (LanguageModel model = load(format)) {
            AdapterFolders made = new AdapterFolders(
                    model.decoder().config(),
                    settings.rank,
                    settings.workFolder.resolve("adapters").resolve(shape.id()));
            List<Path> folders = made.make(2 * REQUESTS);
            AdapterLoader loader = new AdapterLoader(model.decoder().config(), model.backend());
            List<Adapter> adapters = new ArrayList<>();
            try (Engine engine = new Engine(model, options(), Optional.empty())) {
                for (Path folder : folders.subList(0, REQUESTS)) {
                    adapters.add(loader.load(folder.getFileName().toString(), folder));
                }
                out.printf(
                        "%n%s, %s, %s: %d requests, adapters of rank %d (%.2f MB in their files, %.2f MB loaded), median of"
                                + " %d alternating runs of %d tokens per request%n%n",
                        shape.id(),
                        ShapeBench.name(format),
                        model.backend().name(),
                        REQUESTS,
                        settings.rank,
                        made.bytes() * 1e-6,
                        adapters.getFirst().bytes() * 1e-6,
                        settings.runs,
                        settings.tokens);
                try (AdapterLoading loading = new AdapterLoading(
                        loader,
                        engine,
                        folders.subList(REQUESTS, 2 * REQUESTS),
                        adapters.getFirst().bytes())) {
                    measure(format, engine, adapters, loading);
                }
                if (settings.roundRobin > 0) {
                    new AdapterRoundRobin(engine, made.make(settings.roundRobin), out)
                            .run(loader, IN_MEMORY * adapters.getFirst().bytes(), 2 * REQUESTS, ROUNDS);
                }
            } finally {
                adapters.forEach(Adapter::close);
            }
        }
    }

    private EngineOptions options() {
        // one more each than they fill: the scheduler keeps a spare one per running sequence
        int blocks = REQUESTS * ((PROMPT + Math.max(WARM_TOKENS, settings.tokens)) / KvStorage.BLOCK + 2);
        return new EngineOptions(REQUESTS, REQUESTS * PROMPT, 0, blocks, 0, false, false);
    }

    private LanguageModel load(WeightFormat format) {
        Path folder = shape.folder(settings.workFolder);
        Backend backend = new CpuBackend(kernels, format, threads, Optional.of(settings.workFolder.resolve("packs")));
        ModelConfig config = ModelConfig.read(folder);
        try (Checkpoint checkpoint = Checkpoint.openModel(folder)) {
            Backend.Memory memory = backend.baseMemory(checkpoint.identity());
            DecoderWeights weights = DecoderLoader.load(config, checkpoint, memory);
            return new LanguageModel(
                    shape.id(),
                    ModelLoader.decoder(config, weights, memory, options()),
                    new BenchTokenizer(),
                    Set.of(),
                    backend,
                    memory);
        }
    }

    private void measure(WeightFormat format, Engine engine, List<Adapter> adapters, AdapterLoading loading) {
        Map<Kind, Series> all = new EnumMap<>(Kind.class);
        for (Kind kind : Kind.values()) {
            all.put(kind, new Series(settings.runs));
            DecodeLoad.run(engine, selections(kind, adapters), PROMPT, WARM_TOKENS);
        }
        for (int run = 0; run < settings.runs; run++) {
            for (Map.Entry<Kind, Series> entry : all.entrySet()) {
                Kind kind = entry.getKey();
                if (kind == Kind.LOADING) {
                    loading.start();
                }
                try {
                    entry.getValue()
                            .add(run, DecodeLoad.run(engine, selections(kind, adapters), PROMPT, settings.tokens));
                } finally {
                    loading.stop();
                }
            }
        }
        report(format, all);
        out.printf(
                "%d adapters were loaded meanwhile, one after the other, %.1f ms each%n",
                loading.loads(), loading.meanMillis());
    }

    private static List<AdapterSelection> selections(Kind kind, List<Adapter> adapters) {
        List<AdapterSelection> selections = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            selections.add(
                    switch (kind) {
                        case NONE -> AdapterSelection.BASE;
                        case ONE -> AdapterSelection.of(adapters.getFirst());
                        case MANY, LOADING -> AdapterSelection.of(adapters.get(i));
                    });
        }
        return selections;
    }

    /** What all runs of one kind gave. */
    private static final class Series {
        private final double[] tokensPerSecond;
        private final double[] p99;
        private final List<Double> gaps = new ArrayList<>();

        Series(int runs) {
            tokensPerSecond = new double[runs];
            p99 = new double[runs];
        }

        void add(int run, DecodeLoad.Result result) {
            tokensPerSecond[run] = result.tokensPerSecond();
            p99[run] = Medians.quantile(result.gaps(), 0.99);
            for (double gap : result.gaps()) {
                gaps.add(gap);
            }
        }

        double quantile(double share) {
            return Medians.quantile(
                    gaps.stream().mapToDouble(Double::doubleValue).toArray(), share);
        }
    }

    private void report(WeightFormat format, Map<Kind, Series> all) {
        out.println("| requests on | tokens/s | against no adapter | against one | gap p50, ms | gap p99, ms |");
        out.println("|---|---|---|---|---|---|");
        Series none = series(all, Kind.NONE);
        Series one = series(all, Kind.ONE);
        for (Kind kind : Kind.values()) {
            Series series = series(all, kind);
            double median = Medians.median(series.tokensPerSecond);
            out.printf(
                    "| %s | %.1f | %.3f | %.3f | %.1f | %.1f |%n",
                    kind.title,
                    median,
                    Medians.medianRatio(series.tokensPerSecond, none.tokensPerSecond),
                    Medians.medianRatio(series.tokensPerSecond, one.tokensPerSecond),
                    series.quantile(0.5) * 1e3,
                    series.quantile(0.99) * 1e3);
            add("decode, " + kind.title, format, median, "tokens/s");
            add("p99 gap, " + kind.title, format, series.quantile(0.99) * 1e3, "ms");
        }
        Series many = series(all, Kind.MANY);
        Series loading = series(all, Kind.LOADING);
        out.printf(
                "%np99 of the gaps with loads against without: %.3f (all runs), %.3f (median of run by run)%n",
                loading.quantile(0.99) / many.quantile(0.99), Medians.medianRatio(loading.p99, many.p99));
    }

    private static Series series(Map<Kind, Series> all, Kind kind) {
        Series series = all.get(kind);
        if (series == null) {
            throw new IllegalStateException("not measured: " + kind);
        }
        return series;
    }

    private void add(String name, WeightFormat format, double value, String unit) {
        measurements.add(Measurement.of(name, shape.id(), ShapeBench.name(format), REQUESTS, REQUESTS, value, unit));
    }
}
