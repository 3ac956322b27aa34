package dev.gorgon.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gorgon.engine.backend.Backend;
import dev.gorgon.engine.backend.SequenceRows;
import dev.gorgon.engine.backend.cpu.CpuBackend;
import dev.gorgon.engine.model.Batch;
import dev.gorgon.engine.model.Decoder;
import dev.gorgon.engine.model.DecoderLoader;
import dev.gorgon.engine.model.LoraTerms;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.engine.schedule.EngineOptions;
import dev.gorgon.engine.schedule.ModelLoader;
import dev.gorgon.engine.weights.Checkpoint;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.WeightFormat;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Tiny random models of every family against transformers (made by {@code src/test/reference/make_families.py}): grouped and multi
 * query heads, tied and untied heads, float16 and bfloat16 weights, shards, biases, linear and Llama 3 rope, a sliding window
 * shorter than the context.
 */
class FamilyParityTest {

    private static Path folder(String name) throws URISyntaxException {
        URL url = FamilyParityTest.class.getResource("/families/" + name + "/config.json");
        if (url == null) {
            throw new IllegalArgumentException(name);
        }
        return Path.of(url.toURI()).getParent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama2", "llama3", "llama-linear-bias", "mistral-window", "qwen2"})
    void greedyDecodingEqualsTransformers(String name) throws IOException, URISyntaxException {
        Path folder = folder(name);
        JsonNode reference = JsonMapper.shared().readTree(Files.readAllBytes(folder.resolve("reference.json")));
        ModelConfig config = ModelConfig.read(folder);
        Backend backend = new CpuBackend(KernelProviders.select("auto"), WeightFormat.F32, 2);
        try (backend;
                Backend.Memory memory = backend.memory();
                Checkpoint checkpoint = Checkpoint.openModel(folder)) {
            Decoder decoder = ModelLoader.decoder(
                    config,
                    DecoderLoader.load(config, checkpoint, memory),
                    memory,
                    new EngineOptions(1, 64, 0, 8, 0, false, false));
            int[] tokens = Reference.ints(reference.path("ids"));
            int stored = 0;
            // the prompt in two chunks, then token by token
            for (int chunk : new int[] {37, tokens.length - 37}) {
                forward(backend, decoder, Arrays.copyOfRange(tokens, stored, stored + chunk), stored);
                stored += chunk;
            }
            int step = 0;
            for (JsonNode expected : reference.path("steps")) {
                MemorySegment logits = memory.hostView(decoder.logits(), 0);
                for (int i = 0; i < 5; i++) {
                    int id = expected.path("top").path(i).intValue();
                    assertThat((double) logits.getAtIndex(ValueLayout.JAVA_FLOAT, id))
                            .as("%s, step %d, logit of %d", name, step, id)
                            .isCloseTo(expected.path("logits").path(i).doubleValue(), within(1e-3));
                }
                int token = expected.path("token").intValue();
                assertThat(decoder.stats().argMax(0))
                        .as("%s, step %d", name, step)
                        .isEqualTo(token);
                forward(backend, decoder, new int[] {token}, stored++);
                step++;
            }
            assertThat(step).isEqualTo(24);
        }
    }

    private static void forward(Backend backend, Decoder decoder, int[] tokens, int stored) {
        int[] positions = IntStream.range(stored, stored + tokens.length).toArray();
        int[] blocks = IntStream.range(0, decoder.storage().blocks()).toArray();
        Batch batch = new Batch(
                tokens,
                List.of(new SequenceRows(0, positions, stored, null, blocks)),
                new int[] {tokens.length - 1},
                LoraTerms.NONE,
                LoraTerms.NONE);
        backend.run(ops -> decoder.forward(ops, batch));
    }
}
