package dev.gorgon.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gorgon.engine.adapter.Adapter;
import dev.gorgon.engine.adapter.AdapterLoader;
import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.cpu.CpuBackend;
import dev.gorgon.engine.model.DecoderLoader;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.engine.sample.SamplingParameters;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.Engine;
import dev.gorgon.engine.schedule.EngineOptions;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.LanguageModel;
import dev.gorgon.engine.schedule.ModelLoader;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.engine.weights.Checkpoint;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.WeightFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Tiny random LoRAs of every kind against PEFT (made by {@code src/test/reference/make_loras.py}): every target with the LM head and
 * the embeddings, tied and untied; odd ranks; patterns of ranks and alphas; rank-stabilized scales; some layers only;
 * fan_in_fan_out; mixed types.
 */
class LoraParityTest {

    private static final EngineOptions OPTIONS = new EngineOptions(4, 32, 0, 16, 0, false, false);

    @ParameterizedTest
    @ValueSource(strings = {"everything", "embed-tied", "patterns", "partial", "biases"})
    void greedyDecodingEqualsPeft(String name) throws IOException {
        Path folder = TestFolders.resource("/loras/" + name + "/adapter_config.json");
        JsonNode reference = JsonMapper.shared().readTree(Files.readAllBytes(folder.resolve("reference.json")));
        Path base = TestFolders.resource("/families/" + reference.path("base").asString() + "/config.json");
        ModelConfig config = ModelConfig.read(base);
        Backend backend = new CpuBackend(KernelProviders.select("auto"), WeightFormat.F32, 2);
        Backend.Memory memory = backend.memory();
        LanguageModel model;
        try (Checkpoint checkpoint = Checkpoint.openModel(base)) {
            model = new LanguageModel(
                    name,
                    ModelLoader.decoder(config, DecoderLoader.load(config, checkpoint, memory), memory, OPTIONS),
                    new NumberTokenizer(),
                    Set.of(),
                    backend,
                    memory);
        }
        Adapter adapter = new AdapterLoader(config, backend).load(name, folder);
        try (model;
                Engine engine = new Engine(model, OPTIONS, Optional.empty())) {
            int[] tokens = Reference.ints(reference.path("ids"));
            JsonNode steps = reference.path("steps");
            // beside others, so that the adapter's rows are a part of the batch
            TestEngine.Result other =
                    TestEngine.await(TestEngine.submit(engine, request(tokens, AdapterSelection.BASE)));
            List<CompletableFuture<TestEngine.Result>> results = List.of(
                    TestEngine.submit(engine, request(tokens, AdapterSelection.BASE)),
                    TestEngine.submit(engine, request(tokens, AdapterSelection.of(adapter))));
            assertThat(TestEngine.await(results.getFirst()).ids()).isEqualTo(other.ids());
            List<TokenEvent> events = TestEngine.await(results.getLast()).events();
            assertThat(events).hasSize(steps.size());
            for (int step = 0; step < events.size(); step++) {
                JsonNode expected = steps.path(step);
                TokenEvent event = events.get(step);
                assertThat(event.id())
                        .as("%s, step %d", name, step)
                        .isEqualTo(expected.path("token").intValue());
                for (int i = 0; i < 5; i++) {
                    int id = expected.path("top").path(i).intValue();
                    double logprob = event.alternatives().stream()
                            .filter(alternative -> alternative.id() == id)
                            .mapToDouble(TokenEvent.Alternative::logprob)
                            .findFirst()
                            .orElseThrow();
                    assertThat(logprob)
                            .as("%s, step %d, token %d", name, step, id)
                            .isCloseTo(expected.path("logprobs").path(i).doubleValue(), within(1e-3));
                }
            }
        } finally {
            adapter.close();
        }
    }

    private static GenerateRequest request(int[] tokens, AdapterSelection adapter) {
        // one more alternative than is compared, for two that are nearly equal may change places
        return new GenerateRequest(
                tokens,
                adapter,
                SamplingParameters.GREEDY,
                24,
                List.of(),
                true,
                false,
                8,
                GenerateRequest.ANY_SPECULATION);
    }
}
