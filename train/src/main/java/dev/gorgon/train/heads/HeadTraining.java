package dev.gorgon.train.heads;

import dev.gorgon.engine.adapter.Adapter;
import dev.gorgon.engine.adapter.AdapterLoader;
import dev.gorgon.engine.adapter.FoldedWeights;
import dev.gorgon.engine.adapter.Lora;
import dev.gorgon.engine.backend.cpu.CpuBackend;
import dev.gorgon.engine.model.DecoderLoader;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.engine.schedule.HiddenStates;
import dev.gorgon.engine.schedule.LanguageModel;
import dev.gorgon.engine.schedule.ModelLoader;
import dev.gorgon.engine.tensor.Tensor;
import dev.gorgon.engine.weights.Checkpoint;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.Kernels;
import dev.gorgon.kernels.WeightFormat;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Trains Medusa heads: hidden states of the frozen model first, then the heads on them, then the folder that servers load. */
public final class HeadTraining {

    private static final Logger LOG = LoggerFactory.getLogger(HeadTraining.class);
    /** Rows of a forward pass while hidden states are computed. */
    private static final int STEP_ROWS = 512;

    private final TrainingJob job;
    private final TrainingListener listener;
    private final ModelConfig config;
    private final HeadShape shape;
    private final Kernels kernels;
    private final Optional<Path> lora;

    private HeadTraining(TrainingJob job, TrainingListener listener) {
        this.job = job;
        this.listener = listener;
        this.config = ModelConfig.read(job.base().folder());
        this.shape = new HeadShape(
                job.heads().count(),
                job.heads().layers(),
                job.heads().version(),
                config.hiddenSize(),
                config.vocabularySize());
        this.kernels = KernelProviders.select(job.machine().kernels());
        this.lora = job.base().adapter();
        if (job.data().maxLength() < 3 || job.data().maxLength() > config.maxPositions()) {
            throw new TrainingException("--model_max_length is " + job.data().maxLength()
                    + "; it must be at least 3 and at most the model's " + config.maxPositions() + " positions");
        }
    }

    /**
     * Trains to the end and writes the folder.
     *
     * @throws TrainingException if it cannot begin or go on; what was finished is kept for {@code --resume}
     * @throws RuntimeException if the model or an adapter cannot be loaded
     */
    public static TrainingReport run(TrainingJob job, TrainingListener listener) {
        HeadTraining training = new HeadTraining(job, listener);
        OutputFolder output = OutputFolder.open(job.folders());
        Path cacheFolder = job.folders().cache().orElseGet(output::temporaryStates);
        Map<String, String> origin = training.origin();
        try (HiddenCache cache = HiddenCache.open(
                cacheFolder, training.shape, origin, job.folders().overwriteCache())) {
            training.computeStates(cache);
            TrainingReport report;
            try (StateCache rows = cache.states(HiddenCache.Part.TRAIN);
                    StateCache heldOut = cache.states(HiddenCache.Part.HELD_OUT)) {
                report = training.train(rows, heldOut, output, origin);
            }
            listener.onEnd(report);
            return report;
        }
    }

    /** What hidden states depend on. */
    private Map<String, String> origin() {
        Map<String, String> origin = new LinkedHashMap<>();
        List<String> weights = List.of(".safetensors", ".bin", ".json", ".jinja", ".model");
        origin.put("model", ContentHash.ofFolder(job.base().folder(), weights));
        origin.put(
                "adapter",
                lora.map(folder -> ContentHash.ofFolder(folder, List.of("adapter_config.json", ".safetensors", ".bin")))
                        .orElse("none"));
        origin.put("data", job.data().samples().fingerprint());
        origin.put("held-out", job.data().split().fingerprint());
        origin.put(
                "evaluation data",
                job.data().evaluation().map(SampleSource::fingerprint).orElse("none"));
        origin.put("model_max_length", String.valueOf(job.data().maxLength()));
        origin.put("weight format", job.machine().format().name());
        origin.put("kernels", kernels.name());
        return origin;
    }

    private void computeStates(HiddenCache cache) {
        if (cache.isComplete(HiddenCache.Part.TRAIN) && cache.isComplete(HiddenCache.Part.HELD_OUT)) {
            LOG.info("hidden states are there already");
            return;
        }
        CpuBackend backend =
                new CpuBackend(kernels, job.machine().format(), job.machine().threads());
        try (LanguageModel model = ModelLoader.load(
                job.base().name(),
                job.base().folder(),
                backend,
                HiddenStates.limits(job.data().maxLength(), STEP_ROWS))) {
            Optional<Adapter> adapter = lora.map(
                    folder -> new AdapterLoader(job.base().name(), config, backend).load(folder.toString(), folder));
            try {
                Optional<Lora> low = adapter.flatMap(Adapter::lora);
                if (lora.isPresent() && low.isEmpty()) {
                    throw new TrainingException("--adapter_id " + lora.get()
                            + " holds no LoRA; to begin with the heads of an adapter use --init_from");
                }
                HiddenStates states = new HiddenStates(model, low);
                complete(cache, states);
            } finally {
                adapter.ifPresent(Adapter::close);
            }
        }
    }

    private void complete(HiddenCache cache, HiddenStates states) {
        TrainingJob.Data data = job.data();
        cache.complete(
                HiddenCache.Part.TRAIN,
                data.split().filter(data.samples().open(), false),
                () -> states,
                listener::onStates);
        cache.complete(
                HiddenCache.Part.HELD_OUT,
                Concatenated.of(
                        data.split().filter(data.samples().open(), true),
                        data.evaluation().map(SampleSource::open)),
                () -> states,
                listener::onStates);
    }

    private TrainingReport train(StateCache rows, StateCache heldOut, OutputFolder output, Map<String, String> origin) {
        TrainingSettings settings = job.settings();
        if (settings.patience() > 0 && heldOut.positions() == 0) {
            throw new TrainingException(
                    "--early_stop needs conversations that are held out: give --eval_fraction or --eval_data_path");
        }
        Map<String, String> fingerprint = new LinkedHashMap<>(origin);
        fingerprint.putAll(settings.fingerprint());
        fingerprint.put("heads", shape.toString());
        fingerprint.put(
                "init_from",
                job.heads()
                        .initFrom()
                        .map(folder -> ContentHash.ofFolder(folder, List.of(".safetensors", ".bin", ".pt")))
                        .orElse("none"));
        try (Arena arena = Arena.ofShared();
                Workers workers = new Workers(job.machine().threads())) {
            TrainerState state = new TrainerState(arena, shape, settings.patience() > 0);
            Optional<LmHead> shared = begin(state, arena);
            if (Files.exists(output.checkpoint())) {
                CheckpointFile.read(output.checkpoint(), state, fingerprint);
            }
            try (HeadMath math = new HeadMath(kernels, shape, shared, workers)) {
                Trainer trainer = new Trainer(
                        settings,
                        rows,
                        heldOut.positions() > 0 ? Optional.of(heldOut) : Optional.empty(),
                        math,
                        state,
                        new Trainer.Hooks(
                                listener, () -> CheckpointFile.write(output.checkpoint(), state, fingerprint)));
                TrainingReport report = trainer.run(HeadParameters.allocate(arena, shape), workers);
                output.finish(job, state.result(), report, fingerprint);
                return report;
            }
        }
    }

    /** Gives the state its first parameters; returns the LM head that all heads share, packed. */
    private Optional<LmHead> begin(TrainerState state, Arena arena) {
        Optional<LmHead> shared = withLmHead(lmHead -> {
            if (shape.ownLmHeads()) {
                InitialHeads.copyLmHead(state.parameters, lmHead);
                return Optional.empty();
            }
            WeightFormat format = job.machine().format().unquantized();
            return Optional.of(LmHead.of(lmHead, kernels, format, arena));
        });
        job.heads().initFrom().ifPresent(folder -> {
            int taken = InitialHeads.copyFrom(folder, state.parameters);
            LOG.info("{} of {} heads begin as those of {}", taken, shape.heads(), folder);
        });
        return shared;
    }

    /** The LM head as it is served: with the change of a LoRA, if it has one. */
    private <T> T withLmHead(Function<Tensor, T> use) {
        try (Checkpoint checkpoint = Checkpoint.openModel(job.base().folder())) {
            if (lora.isEmpty()) {
                return use.apply(DecoderLoader.lmHead(config, checkpoint));
            }
            try (FoldedWeights folded = FoldedWeights.open(job.base().name(), config, checkpoint, lora.get())) {
                return use.apply(DecoderLoader.lmHead(config, folded));
            }
        }
    }
}
