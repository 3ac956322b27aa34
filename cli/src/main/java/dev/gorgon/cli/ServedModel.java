package dev.gorgon.cli;

import dev.gorgon.engine.adapter.AdapterException;
import dev.gorgon.engine.adapter.AdapterLoader;
import dev.gorgon.engine.adapter.AdapterRegistry;
import dev.gorgon.engine.adapter.AdapterSlot;
import dev.gorgon.engine.adapter.LoadPolicy;
import dev.gorgon.engine.adapter.RegistryHooks;
import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.KvStorage;
import dev.gorgon.engine.backend.cpu.CpuBackend;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.engine.schedule.Engine;
import dev.gorgon.engine.schedule.EngineOptions;
import dev.gorgon.engine.schedule.LanguageModel;
import dev.gorgon.engine.schedule.ModelLoader;
import dev.gorgon.engine.text.ChatTemplate;
import dev.gorgon.engine.text.ChatTemplates;
import dev.gorgon.hub.AdapterSource;
import dev.gorgon.kernels.BackgroundPriority;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.WeightFormat;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A model with its engine and adapters, put together from the command line. */
final class ServedModel implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ServedModel.class);
    /** LoRAX's cap on the context that is offered by default. */
    private static final int DEFAULT_CONTEXT = 4096;

    private final LanguageModel model;
    private final AdapterRegistry adapters;
    private final Engine engine;
    private final AdapterFiles files;
    private final int maxTotalTokens;
    private final Optional<ChatTemplate> chatTemplate;

    private ServedModel(
            LanguageModel model,
            AdapterRegistry adapters,
            Engine engine,
            AdapterFiles files,
            int maxTotalTokens,
            Optional<ChatTemplate> chatTemplate) {
        this.model = model;
        this.adapters = adapters;
        this.engine = engine;
        this.files = files;
        this.maxTotalTokens = maxTotalTokens;
        this.chatTemplate = chatTemplate;
    }

    /** Loads the model and its default adapter; other adapters with the default limits. */
    static ServedModel load(ModelOptions options) {
        return load(options, new AdapterOptions(), new SourceOptions());
    }

    /**
     * Loads the model, its default adapter and those that are to be there from the start.
     *
     * @throws RuntimeException whose message says what is wrong with the folder, an adapter or an option
     */
    static ServedModel load(ModelOptions options, AdapterOptions adapterOptions, SourceOptions sources) {
        options.validate();
        adapterOptions.validate();
        AdapterFiles files = files(adapterOptions, sources);
        try {
            return load(options, adapterOptions, files);
        } catch (RuntimeException e) {
            files.close();
            throw e;
        }
    }

    /** Fetches what {@link #load} would, and loads nothing. */
    static void download(ModelOptions options, AdapterOptions adapterOptions, SourceOptions sources) {
        options.validate();
        adapterOptions.validate();
        try (AdapterFiles files = files(adapterOptions, sources)) {
            LOG.info("model: {}", files.model(options.modelSource(), options.modelId, options.revision));
            options.defaultAdapter()
                    .ifPresent(id -> LOG.info("adapter {}: {}", id, files.folder(options.source(), id)));
            AdapterSource source = preloadedSource(options, adapterOptions);
            adapterOptions.preloadedIds().forEach(id -> LOG.info("adapter {}: {}", id, files.folder(source, id)));
        }
    }

    private static AdapterFiles files(AdapterOptions adapterOptions, SourceOptions sources) {
        return new AdapterFiles(
                sources.over(System.getenv()),
                adapterOptions.localRoots,
                new LoadPolicy(!adapterOptions.mergeWeights, adapterOptions.dynamicMedusaV1));
    }

    private static AdapterSource preloadedSource(ModelOptions options, AdapterOptions adapterOptions) {
        return AdapterSource.parse(adapterOptions.preloadedSource).orElse(options.source());
    }

    private static ServedModel load(ModelOptions options, AdapterOptions adapterOptions, AdapterFiles files) {
        long start = System.nanoTime();
        Path folder = files.model(options.modelSource(), options.modelId, options.revision);
        ModelConfig config = ModelConfig.read(folder);
        int maxTotal = options.maxTotalTokens > 0
                ? Math.min(options.maxTotalTokens, config.maxPositions())
                : Math.min(config.maxPositions(), DEFAULT_CONTEXT);
        WeightFormat format = options.weightFormat();
        options.quantizeNotice().ifPresent(LOG::warn);
        EngineOptions limits = limits(options, config, format, maxTotal);
        Backend backend = new CpuBackend(
                KernelProviders.select(options.kernels), format, options.workers(), options.packCacheFolder());
        AdapterLoader loader = new AdapterLoader(options.modelId, config, backend);
        Optional<ChatTemplate> chatTemplate = chatTemplate(folder, options);
        Optional<Path> folded = folded(options, adapterOptions, files);
        LanguageModel model = folded.isPresent()
                ? ModelLoader.loadMerged(options.modelId, folder, folded.get(), backend, limits)
                : ModelLoader.load(options.modelId, folder, backend, limits);
        Probes probes = new Probes();
        AdapterRegistry adapters = new AdapterRegistry(
                loader,
                adapterOptions.limits(),
                new RegistryHooks(BackgroundPriority.threads("gorgon-adapter-"), probes::generating, probes::loaded));
        try {
            Optional<AdapterSlot> byDefault = folded.isPresent()
                    ? loader.loadHeads(options.adapterId, folded.get()).map(AdapterSlot::resident)
                    : options.defaultAdapter()
                            .map(id -> adapters.load(files.named(options.source(), id), true)
                                    .join());
            preload(adapters, files, options, adapterOptions);
            LOG.info(
                    "loaded {} ({}, {} layers, {}) with {} positions of cache on {} in {} ms",
                    options.modelId,
                    config.family(),
                    config.layers(),
                    format.isQuantized() ? format.name().toLowerCase(Locale.ROOT) : options.dtype,
                    limits.kvBlocks() * KvStorage.BLOCK,
                    backend.name(),
                    (System.nanoTime() - start) / 1_000_000);
            Engine engine = new Engine(model, limits, byDefault);
            probes.begin(engine);
            return new ServedModel(model, adapters, engine, files, maxTotal, chatTemplate);
        } catch (RuntimeException e) {
            adapters.close();
            model.close();
            throw e instanceof CompletionException && e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    /** The model's template, or that of the file which the operator names. */
    private static Optional<ChatTemplate> chatTemplate(Path folder, ModelOptions options) {
        return options.tokenizerConfigPath.isEmpty()
                ? ChatTemplates.read(folder)
                : ChatTemplates.read(folder, Path.of(options.tokenizerConfigPath));
    }

    /** The adapter whose LoRA goes into the base model's weights, if that is wanted. */
    private static Optional<Path> folded(ModelOptions options, AdapterOptions adapterOptions, AdapterFiles files) {
        if (!adapterOptions.mergeWeights) {
            return Optional.empty();
        }
        if (options.adapterId.isEmpty()) {
            throw new AdapterException(
                    AdapterException.Code.UNSUPPORTED_ADAPTER, "Cannot merge adapter weights without an adapter_id");
        }
        return Optional.of(files.folder(options.source(), options.adapterId));
    }

    /** All of them at once; the first that cannot be had ends the start. */
    private static void preload(
            AdapterRegistry adapters, AdapterFiles files, ModelOptions options, AdapterOptions adapterOptions) {
        AdapterSource source = preloadedSource(options, adapterOptions);
        CompletableFuture.allOf(adapterOptions.preloadedIds().stream()
                        .map(id -> adapters.load(files.named(source, id), true))
                        .toArray(CompletableFuture[]::new))
                .join();
    }

    /**
     * An adapter that the operator names, in memory: a folder, or one from the hub.
     *
     * @throws RuntimeException whose message says why it cannot be had
     */
    AdapterSlot adapter(String id) {
        AdapterSource source = Files.isDirectory(Path.of(id)) ? AdapterSource.LOCAL : AdapterSource.HUB;
        return adapters.load(files.named(source, id), true).join();
    }

    private static EngineOptions limits(ModelOptions options, ModelConfig config, WeightFormat format, int maxTotal) {
        long positionBytes = 2L
                * config.layers()
                * config.kvHeads()
                * config.headDim()
                * format.unquantized().bytes();
        long wanted = options.maxBatchTotalTokens > 0
                ? options.maxBatchTotalTokens
                : Math.min((long) options.maxBatchSize * maxTotal, AdapterOptions.physicalMemory() / 8 / positionBytes);
        long positions = Math.max(wanted, maxTotal);
        int guesses = options.speculativeTokens < 0 ? 16 : options.speculativeTokens;
        return new EngineOptions(
                options.maxBatchSize,
                options.maxBatchPrefillTokens,
                guesses == 0 ? 0 : options.speculationMaxBatchSize,
                Math.toIntExact((positions + KvStorage.BLOCK - 1) / KvStorage.BLOCK),
                guesses,
                options.speculativeTokens > 0,
                options.adaptiveDrafts,
                options.prefixCaching);
    }

    LanguageModel model() {
        return model;
    }

    Engine engine() {
        return engine;
    }

    AdapterRegistry adapters() {
        return adapters;
    }

    AdapterFiles files() {
        return files;
    }

    int maxTotalTokens() {
        return maxTotalTokens;
    }

    /** How conversations become prompts, if the model says so. */
    Optional<ChatTemplate> chatTemplate() {
        return chatTemplate;
    }

    @Override
    public void close() {
        engine.close();
        adapters.close();
        model.close();
        files.close();
    }
}
