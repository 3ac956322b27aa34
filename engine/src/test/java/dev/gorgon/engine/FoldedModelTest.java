package dev.gorgon.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gorgon.engine.adapter.Adapter;
import dev.gorgon.engine.adapter.AdapterException;
import dev.gorgon.engine.adapter.AdapterLoader;
import dev.gorgon.engine.adapter.FoldedWeights;
import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.cpu.CpuBackend;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.engine.schedule.Engine;
import dev.gorgon.engine.schedule.LanguageModel;
import dev.gorgon.engine.schedule.ModelLoader;
import dev.gorgon.engine.tensor.Tensor;
import dev.gorgon.engine.weights.Checkpoint;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.WeightFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A LoRA folded into the base model against the same LoRA served beside it. */
class FoldedModelTest {

    private static final Path BASE = DemoFolders.folder("stheno-8m");

    @TempDir
    Path folder;

    private static LanguageModel load(Path adapter, WeightFormat format) {
        Backend backend = new CpuBackend(KernelProviders.select("auto"), format, 2);
        return ModelLoader.loadMerged("stheno-8m", BASE, adapter, backend, TestEngine.options());
    }

    private static List<TestEngine.Result> run(Engine engine, Optional<Adapter> adapter) {
        List<CompletableFuture<TestEngine.Result>> results = Reference.prompts().stream()
                .map(prompt -> TestEngine.submit(engine, ParityTest.request(prompt.ids(), adapter)))
                .toList();
        return results.stream().map(TestEngine::await).toList();
    }

    /** How many answers have the same tokens. */
    private static int agreement(List<TestEngine.Result> some, List<TestEngine.Result> others) {
        int same = 0;
        for (int i = 0; i < some.size(); i++) {
            same += Arrays.equals(some.get(i).ids(), others.get(i).ids()) ? 1 : 0;
        }
        return same;
    }

    private static void assertSimilarLogprobs(List<TestEngine.Result> some, List<TestEngine.Result> others) {
        for (int i = 0; i < some.size(); i++) {
            if (Arrays.equals(some.get(i).ids(), others.get(i).ids())) {
                for (int t = 0; t < some.get(i).logprobs().length; t++) {
                    assertThat(some.get(i).logprobs()[t])
                            .isCloseTo(others.get(i).logprobs()[t], within(1e-3f));
                }
            }
        }
    }

    private Path everything() {
        return new AdapterFiles()
                .lora("model.layers.1.self_attn.k_proj", 3, 3, 256, 128)
                .lora("model.layers.4.mlp.down_proj", 3, 3, 768, 256)
                .lora("lm_head", 3, 3, 256, 4096)
                .embedding(3, 3, 4096, 256)
                .write(folder, "adapter_config.json", "{\"r\":3,\"lora_alpha\":4}");
    }

    @Test
    void foldedAnswersAreThoseOfTheLora() {
        for (Path adapter : List.of(DemoFolders.folder("stheno-8m-pirate-lora"), everything())) {
            try (TestEngine beside = TestEngine.plain();
                    LanguageModel model = load(adapter, WeightFormat.F32);
                    Engine folded = new Engine(model, TestEngine.options(), Optional.empty())) {
                Adapter lora = new AdapterLoader(
                                beside.model().decoder().config(),
                                beside.model().backend())
                        .load("lora", adapter);
                List<TestEngine.Result> expected = run(beside.engine(), Optional.of(lora));
                List<TestEngine.Result> actual = run(folded, Optional.empty());
                assertThat(agreement(actual, expected)).isGreaterThanOrEqualTo(expected.size() - 2);
                assertSimilarLogprobs(actual, expected);
                assertThat(agreement(run(beside.engine(), Optional.empty()), expected))
                        .as("the LoRA matters")
                        .isLessThan(expected.size() / 2);
                lora.close();
            }
        }
    }

    @Test
    void aTiedLmHeadIsNotChangedWithTheEmbeddings() {
        Path base = TestFolders.resource("/families/qwen2/config.json");
        Path adapter = TestFolders.resource("/loras/embed-tied/adapter_config.json");
        try (Checkpoint checkpoint = Checkpoint.openModel(base);
                FoldedWeights folded = FoldedWeights.open("qwen2", ModelConfig.read(base), checkpoint, adapter)) {
            String embeddings = "model.embed_tokens.weight";
            assertThat(checkpoint.names()).doesNotContain("lm_head.weight");
            Tensor plain = checkpoint.tensor(embeddings);
            assertThat(folded.tensor("lm_head.weight").data()).isEqualTo(plain.data());
            Tensor changed = folded.tensor(embeddings);
            assertThat(changed.shape()).isEqualTo(plain.shape());
            assertThat(changed.at(5)).isNotEqualTo(plain.at(5));
            assertThat(folded.tensor("model.norm.weight").data())
                    .isEqualTo(checkpoint.tensor("model.norm.weight").data());
        }
    }

    @Test
    void theHeadsOfAJointFolderStayUsable() {
        Path joint = DemoFolders.folder("stheno-8m-pirate-lora-medusa");
        try (LanguageModel model = load(joint, WeightFormat.BF16)) {
            AdapterLoader loader = new AdapterLoader(model.decoder().config(), model.backend());
            assertThat(loader.loadHeads("none", DemoFolders.folder("stheno-8m-pirate-lora")))
                    .isEmpty();
            Adapter heads = loader.loadHeads("pirate", joint).orElseThrow();
            assertThat(heads.lora()).isEmpty();
            heads.close();
        }
    }

    @Test
    void identitiesDiffer() throws IOException {
        Path adapter = everything();
        try (Checkpoint checkpoint = Checkpoint.openModel(BASE)) {
            ModelConfig config = ModelConfig.read(BASE);
            String first;
            try (FoldedWeights folded = FoldedWeights.open("stheno-8m", config, checkpoint, adapter)) {
                first = folded.identity(checkpoint.identity());
            }
            Files.writeString(adapter.resolve("adapter_config.json"), "{\"r\":3,\"lora_alpha\":5}");
            try (FoldedWeights folded = FoldedWeights.open("stheno-8m", config, checkpoint, adapter)) {
                assertThat(folded.identity(checkpoint.identity())).isNotEqualTo(first);
            }
            assertThat(first).isNotEqualTo(checkpoint.identity()).startsWith(checkpoint.identity());
        }
    }

    @Test
    void whatCannotBeFolded() {
        assertThatThrownBy(() -> load(DemoFolders.folder("stheno-8m-medusa"), WeightFormat.BF16))
                .isInstanceOf(AdapterException.class)
                .hasMessageContaining("nothing to merge; start without --merge-adapter-weights");
        assertThatThrownBy(() -> load(TestFolders.resource("/loras/partial/adapter_config.json"), WeightFormat.BF16))
                .hasMessageContaining("is not compatible with model 'stheno-8m'");
    }
}
