package dev.gorgon.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.adapter.Adapter;
import dev.gorgon.engine.adapter.AdapterLoader;
import dev.gorgon.engine.model.LinearTarget;
import dev.gorgon.engine.model.ModelConfig;
import dev.gorgon.engine.sample.SamplingParameters;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.EngineOptions;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.speculate.Drafter;
import dev.gorgon.kernels.KernelProviders;
import dev.gorgon.kernels.WeightFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Sixteen LoRAs of all sizes, each changing some of the linear maps, in one batch: each answers as it does alone. */
class MixedLoraTest {

    private static final int ADAPTERS = 16;
    private static final int[] RANKS = {1, 3, 8, 16, 40, 64};
    private static final int TOKENS = 14;

    @TempDir
    private static Path folder;

    static Stream<Arguments> cases() {
        return KernelProviders.available().stream()
                .filter(name -> !name.equals("scalar"))
                .flatMap(name -> Stream.of(WeightFormat.F32, WeightFormat.BF16, WeightFormat.Q8)
                        .map(format -> Arguments.of(name, format)));
    }

    @BeforeAll
    static void writeAdapters() throws IOException {
        ModelConfig model = ModelConfig.read(DemoFolders.folder("stheno-8m"));
        for (int i = 0; i < ADAPTERS; i++) {
            write(folder.resolve("lora-" + i), model, RANKS[i % RANKS.length], new SplittableRandom(i));
        }
    }

    /** A LoRA that changes about two of three maps, with numbers large enough to change what is said. */
    private static void write(Path adapter, ModelConfig model, int rank, SplittableRandom random) throws IOException {
        Map<String, int[]> tensors = new LinkedHashMap<>();
        for (int layer = 0; layer < model.layers(); layer++) {
            for (LinearTarget target : LinearTarget.values()) {
                boolean head = target == LinearTarget.LM_HEAD;
                if (random.nextInt(3) > 0 && (!head || layer == 0)) {
                    String module = head ? target.path() : "model.layers." + layer + "." + target.path();
                    tensors.put(module + ".lora_A.weight", new int[] {rank, target.inFeatures(model)});
                    tensors.put(module + ".lora_B.weight", new int[] {target.outFeatures(model), rank});
                }
            }
        }
        Files.createDirectories(adapter);
        Files.writeString(
                adapter.resolve("adapter_config.json"),
                "{\"peft_type\":\"LORA\",\"r\":" + rank + ",\"lora_alpha\":" + rank + "}");
        StringBuilder header = new StringBuilder();
        long bytes = 0;
        for (Map.Entry<String, int[]> tensor : tensors.entrySet()) {
            int[] shape = tensor.getValue();
            long end = bytes + 4L * shape[0] * shape[1];
            header.append(header.isEmpty() ? "{" : ",")
                    .append("\"%s\":{\"dtype\":\"F32\",\"shape\":[%d,%d],\"data_offsets\":[%d,%d]}"
                            .formatted(tensor.getKey(), shape[0], shape[1], bytes, end));
            bytes = end;
        }
        byte[] json = header.append("}").toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer file =
                ByteBuffer.allocate(Math.toIntExact(8 + json.length + bytes)).order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(json.length).put(json);
        float size = (float) (0.3 / Math.sqrt(rank));
        while (file.hasRemaining()) {
            file.putFloat((float) random.nextDouble(-size, size));
        }
        Files.write(adapter.resolve("adapter_model.safetensors"), file.array());
    }

    /** The answers to one prompt of all adapters, at once or one after the other. */
    private static List<Workload.Answer> answers(
            String kernels, WeightFormat format, int threads, EngineOptions options, boolean together) {
        try (TestEngine engine = new TestEngine(kernels, format, threads, options, "", Drafter.NONE)) {
            AdapterLoader loader = new AdapterLoader(
                    engine.model().decoder().config(), engine.model().backend());
            List<Adapter> adapters = new ArrayList<>();
            List<CompletableFuture<TestEngine.Result>> results = new ArrayList<>();
            for (int i = 0; i < ADAPTERS; i++) {
                adapters.add(loader.load("lora-" + i, folder.resolve("lora-" + i)));
                results.add(engine.submit(request(i, adapters.get(i))));
                if (!together) {
                    TestEngine.await(results.getLast());
                }
            }
            List<Workload.Answer> answers = results.stream()
                    .map(result -> Workload.Answer.of(TestEngine.await(result)))
                    .toList();
            engine.engine().close();
            adapters.forEach(Adapter::close);
            return answers;
        }
    }

    private static GenerateRequest request(int number, Adapter adapter) {
        return new GenerateRequest(
                Reference.prompts().get(number % 3).ids(),
                AdapterSelection.of(adapter),
                SamplingParameters.GREEDY,
                TOKENS + number % 3,
                List.of(),
                true,
                false,
                0,
                0);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void eachAnswersAsItDoesAlone(String kernels, WeightFormat format) {
        EngineOptions single = new EngineOptions(1, 256, 0, 400, 0, false, false);
        List<Workload.Answer> alone = answers(kernels, format, 1, single, false);
        Set<List<Integer>> different = new HashSet<>();
        alone.forEach(answer ->
                different.add(Arrays.stream(answer.logprobBits()).boxed().toList()));
        assertThat(different).hasSize(ADAPTERS);
        for (int threads = 1; threads <= 3; threads++) {
            EngineOptions many = new EngineOptions(ADAPTERS, 16 + 27 * threads, 0, 400, 0, false, false);
            List<Workload.Answer> together = answers(kernels, format, threads, many, true);
            for (int i = 0; i < ADAPTERS; i++) {
                assertThat(together.get(i).same(alone.get(i)))
                        .as("adapter %d, %d threads", i, threads)
                        .isTrue();
            }
        }
    }
}
