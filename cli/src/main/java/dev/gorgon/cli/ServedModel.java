package dev.gorgon.cli;

import dev.gorgon.demo.EmbeddedDemo;
import dev.gorgon.engine.adapter.Adapter;
import dev.gorgon.engine.adapter.AdapterLoader;
import dev.gorgon.engine.adapter.AdapterRegistry;
import dev.gorgon.engine.adapter.AdapterSlot;
import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.KvStorage;
import dev.gorgon.engine.backend.cpu.CpuBackend;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.engine.schedule.Engine;
import dev.gorgon.engine.schedule.EngineOptions;
import dev.gorgon.engine.schedule.LanguageModel;
import dev.gorgon.engine.schedule.ModelLoader;
import dev.gorgon.hub.EmbeddedModels;
import dev.gorgon.hub.ModelFiles;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.WeightFormat;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
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
    private final ModelFiles files;
    private final int maxTotalTokens;

    private ServedModel(
            LanguageModel model, AdapterRegistry adapters, Engine engine, ModelFiles files, int maxTotalTokens) {
        this.model = model;
        this.adapters = adapters;
        this.engine = engine;
        this.files = files;
        this.maxTotalTokens = maxTotalTokens;
    }

    /**
     * Loads the model and its default adapter.
     *
     * @throws RuntimeException whose message says what is wrong with the folder, the adapter or an option
     */
    static ServedModel load(ModelOptions options) {
        options.validate();
        long start = System.nanoTime();
        ModelFiles files = new ModelFiles(new EmbeddedModels() {
            @Override
            public Optional<Path> folder(String name) {
                return EmbeddedDemo.folder(name);
            }

            @Override
            public List<String> names() {
                return EmbeddedDemo.names();
            }
        });
        Path folder = files.resolveModel(options.modelId);
        ModelConfig config = ModelConfig.read(folder);
        int maxTotal = options.maxTotalTokens > 0
                ? Math.min(options.maxTotalTokens, config.maxPositions())
                : Math.min(config.maxPositions(), DEFAULT_CONTEXT);
        WeightFormat format = options.weightFormat();
        options.quantizeNotice().ifPresent(LOG::warn);
        EngineOptions limits = limits(options, config, format, maxTotal);
        Backend backend = new CpuBackend(
                KernelProviders.select(options.kernels), format, options.workers(), options.packCacheFolder());
        LanguageModel model = ModelLoader.load(options.modelId, folder, backend, limits);
        AdapterRegistry adapters = new AdapterRegistry(new AdapterLoader(config, backend));
        try {
            Optional<Adapter> byDefault = options.defaultAdapter()
                    .map(id -> adapters.load(id, files.resolveAdapter(id, options.source()))
                            .join());
            LOG.info(
                    "loaded {} ({}, {} layers, {}) with {} positions of cache on {} in {} ms",
                    options.modelId,
                    config.family(),
                    config.layers(),
                    format.isQuantized() ? format.name().toLowerCase(Locale.ROOT) : options.dtype,
                    limits.kvBlocks() * KvStorage.BLOCK,
                    backend.name(),
                    (System.nanoTime() - start) / 1_000_000);
            return new ServedModel(
                    model, adapters, new Engine(model, limits, byDefault.map(AdapterSlot::resident)), files, maxTotal);
        } catch (RuntimeException e) {
            adapters.close();
            model.close();
            throw e instanceof CompletionException && e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private static EngineOptions limits(ModelOptions options, ModelConfig config, WeightFormat format, int maxTotal) {
        long positionBytes = 2L
                * config.layers()
                * config.kvHeads()
                * config.headDim()
                * format.unquantized().bytes();
        long wanted = options.maxBatchTotalTokens > 0
                ? options.maxBatchTotalTokens
                : Math.min((long) options.maxBatchSize * maxTotal, physicalMemory() / 8 / positionBytes);
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

    private static long physicalMemory() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getTotalMemorySize()
                : Runtime.getRuntime().maxMemory();
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

    ModelFiles files() {
        return files;
    }

    int maxTotalTokens() {
        return maxTotalTokens;
    }

    @Override
    public void close() {
        engine.close();
        adapters.close();
        model.close();
    }
}
