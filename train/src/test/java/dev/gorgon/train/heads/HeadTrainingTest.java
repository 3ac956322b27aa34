package dev.gorgon.train.heads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gorgon.demo.EmbeddedDemo;
import dev.gorgon.engine.adapter.Adapter;
import dev.gorgon.engine.adapter.AdapterLoader;
import dev.gorgon.engine.adapter.MedusaLora;
import dev.gorgon.engine.backend.cpu.CpuBackend;
import dev.gorgon.engine.model.DecoderLoader;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.engine.schedule.HiddenStates;
import dev.gorgon.engine.schedule.LanguageModel;
import dev.gorgon.engine.schedule.ModelLoader;
import dev.gorgon.engine.tensor.Tensor;
import dev.gorgon.engine.weights.Checkpoint;
import dev.gorgon.kernels.BFloat16;
import dev.gorgon.kernels.FloatMatrix;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.WeightFormat;
import dev.gorgon.train.data.Sample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HeadTrainingTest {

    private static final DemoSamples SAMPLES = DemoSamples.every(97, 40);

    @TempDir
    Path folder;

    private TestJob job(String name) {
        TestJob job = new TestJob(folder.resolve(name), SAMPLES);
        job.cache = Optional.of(folder.resolve("cache"));
        return job;
    }

    private byte[] weights(String name) {
        try {
            return Files.readAllBytes(folder.resolve(name).resolve("medusa_lm_head.safetensors"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Dies after some steps, like a process that is killed. */
    private static TrainingListener dyingAfter(long steps) {
        return new TrainingListener() {
            @Override
            public void onStep(StepMetrics metrics) {
                if (metrics.step() == steps) {
                    throw new IllegalStateException("killed");
                }
            }
        };
    }

    @Test
    void theFirstLossIsThatOfAnIndependentCalculation() {
        TestJob job = job("first");
        job.samples = new DemoSamples(SAMPLES.samples().subList(0, 8));
        job.split = new SampleSplit(Set.of(), 0, 1);
        job.cache = Optional.empty();
        job.steps = 1;
        job.heads = 3;
        job.batch = new BatchSize(BatchSize.Unit.CONVERSATIONS, 100);
        List<StepMetrics> steps = new ArrayList<>();
        job.run(new TrainingListener() {
            @Override
            public void onStep(StepMetrics metrics) {
                steps.add(metrics);
            }
        });
        double[] expected = lossesOfUntrainedHeads(SAMPLES.samples().subList(0, 8), 3);
        for (int head = 0; head < 3; head++) {
            assertThat(steps.getFirst().heads().get(head).loss()).isCloseTo(expected[head], within(2e-4));
        }
        assertThat(steps.getFirst().loss())
                .isCloseTo(expected[0] + 0.8 * expected[1] + 0.64 * expected[2], within(5e-4));
    }

    /** Untrained heads repeat the model: the mean cross entropy of its own logits with the token at distance 2 + i. */
    private static double[] lossesOfUntrainedHeads(List<Sample> samples, int heads) {
        double[] sums = new double[heads];
        int[] counts = new int[heads];
        ModelConfig config = ModelConfig.read(DemoSamples.MODEL);
        try (LanguageModel model = ModelLoader.load(
                        "stheno-8m",
                        DemoSamples.MODEL,
                        new CpuBackend(KernelProviders.select("auto"), WeightFormat.BF16, 2),
                        HiddenStates.limits(512, 64));
                Checkpoint checkpoint = Checkpoint.openModel(DemoSamples.MODEL)) {
            Tensor lmHead = DecoderLoader.lmHead(config, checkpoint);
            new HiddenStates(model, Optional.empty())
                    .compute(samples.stream().map(Sample::tokens).iterator(), (sequence, position, state) -> {
                        Sample sample = samples.get((int) sequence);
                        double[] logits = new double[config.vocabularySize()];
                        double sum = 0;
                        for (int v = 0; v < logits.length; v++) {
                            for (int i = 0; i < config.hiddenSize(); i++) {
                                logits[v] += (double) lmHead.at((long) v * config.hiddenSize() + i)
                                        * BFloat16.round(state.getAtIndex(ValueLayout.JAVA_FLOAT, i));
                            }
                            sum += Math.exp(logits[v]);
                        }
                        for (int head = 0; head < heads; head++) {
                            int target = position + 2 + head;
                            if (sample.targets().get(position + 1)
                                    && target < sample.tokens().length
                                    && sample.targets().get(target)) {
                                sums[head] += Math.log(sum) - logits[sample.tokens()[target]];
                                counts[head]++;
                            }
                        }
                    });
        }
        for (int head = 0; head < heads; head++) {
            sums[head] /= counts[head];
        }
        return sums;
    }

    @Test
    void theSameSeedGivesTheSameBitsWithAnyNumberOfThreads() {
        job("two").run();
        TestJob three = job("three");
        three.threads = 3;
        three.run();
        assertThat(weights("three")).isEqualTo(weights("two"));
        TestJob other = job("other");
        other.seed = 43;
        other.run();
        assertThat(weights("other")).isNotEqualTo(weights("two"));
    }

    @Test
    void theFolderIsAnAdapterThatTheEngineLoads() throws IOException {
        TestJob first = job("v1");
        first.version = 1;
        first.layers = 2;
        first.steps = 2;
        first.run();
        TestJob lora = new TestJob(folder.resolve("lora"), SAMPLES);
        lora.adapter = EmbeddedDemo.folder("stheno-8m-pirate-lora");
        lora.steps = 2;
        lora.run();
        assertThat(Files.readString(folder.resolve("lora/config.json"))).contains("\"version\" : \"2\"");
        assertThat(Files.readString(folder.resolve("v1/config.json"))).doesNotContain("version");
        assertThat(folder.resolve("lora/hidden-states")).doesNotExist();
        try (Stream<Path> files = Files.list(folder.resolve("lora"))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            "adapter_config.json",
                            "adapter_model.safetensors",
                            "config.json",
                            "medusa_lm_head.safetensors",
                            "README.md",
                            "special_tokens_map.json",
                            "tokenizer.json",
                            "tokenizer_config.json",
                            "training.json");
        }
        try (CpuBackend backend = new CpuBackend(KernelProviders.select("auto"), WeightFormat.BF16, 1)) {
            AdapterLoader loader = new AdapterLoader("stheno-8m", ModelConfig.read(DemoSamples.MODEL), backend);
            Adapter one = loader.load("v1", folder.resolve("v1"));
            assertThat(one.medusa().orElseThrow().heads()).hasSize(2).allSatisfy(head -> {
                assertThat(head.blocks()).hasSize(2);
                assertThat(head.lmHead()).isPresent();
            });
            one.close();
            Adapter two = loader.load("lora", folder.resolve("lora"));
            assertThat(two).isInstanceOf(MedusaLora.class);
            assertThat(two.medusa().orElseThrow().heads().getFirst().lmHead()).isEmpty();
            two.close();
        }
    }

    /** Shards that are complete stay; the rest is computed again, and the whole is the same. */
    @Test
    void hiddenStatesGoOnAtTheLastCompleteShard() {
        HeadShape shape = new HeadShape(2, 1, 2, 256, 4096);
        List<Sample> samples = SAMPLES.samples().subList(0, 12);
        try (LanguageModel model = ModelLoader.load(
                        "stheno-8m",
                        DemoSamples.MODEL,
                        new CpuBackend(KernelProviders.select("auto"), WeightFormat.BF16, 2),
                        HiddenStates.limits(512, 64));
                HiddenCache whole = HiddenCache.open(folder.resolve("whole-states"), shape, Map.of(), false);
                HiddenCache parts = HiddenCache.open(folder.resolve("part-states"), shape, Map.of(), false, 20_000)) {
            whole.complete(
                    HiddenCache.Part.TRAIN,
                    samples.iterator(),
                    () -> new HiddenStates(model, Optional.empty()),
                    (a, b) -> {});
            assertThatThrownBy(() -> parts.complete(
                            HiddenCache.Part.TRAIN,
                            samples.iterator(),
                            () -> new HiddenStates(model, Optional.empty()),
                            (done, positions) -> {
                                if (done == 8) {
                                    throw new IllegalStateException("killed");
                                }
                            }))
                    .hasMessage("killed");
            assertThat(parts.isComplete(HiddenCache.Part.TRAIN)).isFalse();
            List<Long> progress = new ArrayList<>();
            parts.complete(
                    HiddenCache.Part.TRAIN,
                    samples.iterator(),
                    () -> new HiddenStates(model, Optional.empty()),
                    (done, positions) -> progress.add(done));
            assertThat(progress.getFirst())
                    .as("samples that were done are not done again")
                    .isBetween(2L, 9L);
            assertThat(progress.getLast()).isEqualTo(12);
            try (StateCache one = whole.states(HiddenCache.Part.TRAIN);
                    StateCache many = parts.states(HiddenCache.Part.TRAIN);
                    Arena arena = Arena.ofConfined()) {
                assertThat(many.conversations()).isEqualTo(one.conversations());
                assertThat(many.positions()).isEqualTo(one.positions());
                FloatMatrix rows = FloatMatrix.allocate(arena, 2, 256);
                for (long position = 0; position < one.positions(); position++) {
                    one.read(position, rows, 0);
                    many.read(position, rows, 1);
                    assertThat(rows.rows(1, 2)
                                    .segment()
                                    .asSlice(0, 1024)
                                    .mismatch(rows.segment().asSlice(0, 1024)))
                            .isEqualTo(-1);
                    assertThat(many.label(position, 1)).isEqualTo(one.label(position, 1));
                }
            }
        }
    }

    @Test
    void beginsWithTheHeadsOfAnAdapter() {
        TestJob continued = job("continued");
        continued.initFrom = EmbeddedDemo.folder("stheno-8m-medusa");
        continued.steps = 1;
        TestJob fresh = job("fresh");
        fresh.steps = 1;
        double before = fresh.run().log().getFirst().heads().getFirst().loss();
        assertThat(continued.run().log().getFirst().heads().getFirst().loss()).isLessThan(0.2 * before);

        TestJob wrong = job("wrong");
        wrong.initFrom = EmbeddedDemo.folder("stheno-8m-medusa-v1");
        assertThatThrownBy(wrong::run)
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("LM heads of its own");
    }

    @Test
    void stopsWhenEvaluationsGetNoBetterAndKeepsTheBest() {
        TestJob job = job("early");
        job.patience = 2;
        job.rate = 0.3;
        job.steps = 60;
        TrainingReport report = job.run();
        assertThat(report.stoppedEarly()).isTrue();
        assertThat(report.steps()).isLessThan(60);
        List<Double> losses =
                report.evaluations().stream().map(EvaluationMetrics::loss).toList();
        double best = losses.stream().min(Double::compare).orElseThrow();
        assertThat(losses.indexOf(best)).isEqualTo(losses.size() - 3);
    }

    @Test
    void refusesWhatCannotBeTrained() throws IOException {
        TestJob unlabelled = job("unlabelled");
        unlabelled.cache = Optional.empty();
        unlabelled.samples = new DemoSamples(SAMPLES.samples().stream()
                .map(sample -> new Sample(sample.id(), sample.tokens(), new BitSet()))
                .toList());
        assertThatThrownBy(unlabelled::run)
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("no token of the data is a label");

        TestJob diverging = job("diverging");
        diverging.rate = 1e30;
        assertThatThrownBy(diverging::run).isInstanceOf(TrainingException.class).hasMessageContaining("have diverged");

        Files.createDirectories(folder.resolve("taken"));
        Files.writeString(folder.resolve("taken/notes.txt"), "mine");
        TestJob taken = job("taken");
        assertThatThrownBy(taken::run)
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("is not empty")
                .hasMessageContaining("--overwrite_output_dir True");
        taken.overwrite = true;
        taken.steps = 1;
        taken.run();
        assertThat(folder.resolve("taken/notes.txt")).exists();
        taken.overwrite = false;
        taken.resume = true;
        assertThatThrownBy(taken::run).hasMessageContaining("holds a finished training");
    }

    @Test
    void takesUpOnlyItsOwnCheckpoint() throws IOException {
        TestJob whole = job("whole");
        TrainingReport expected = whole.run();
        TestJob job = job("resumed");
        job.threads = 1;
        assertThatThrownBy(() -> job.run(dyingAfter(6))).hasMessage("killed");
        assertThatThrownBy(job::run).hasMessageContaining("--resume");
        job.resume = true;
        job.rate = 1e-3;
        assertThatThrownBy(job::run)
                .isInstanceOf(TrainingException.class)
                .hasMessageContaining("another learning_rate: it was 0.003, now it is 0.001");
        job.rate = 3e-3;
        Path checkpoint = folder.resolve("resumed/training.checkpoint");
        byte[] bytes = Files.readAllBytes(checkpoint);
        byte[] damaged = bytes.clone();
        damaged[bytes.length - 2000] ^= 1;
        Files.write(checkpoint, damaged);
        assertThatThrownBy(job::run).isInstanceOf(TrainingException.class).hasMessageContaining("is damaged");
        Files.write(checkpoint, bytes);
        TrainingReport report = job.run();
        assertThat(report.plan().firstStep()).isEqualTo(4);
        assertThat(report.log()).isEqualTo(expected.log());
        assertThat(report.evaluations()).isEqualTo(expected.evaluations());
        assertThat(weights("resumed")).isEqualTo(weights("whole"));
        assertThat(checkpoint).doesNotExist();
    }
}
