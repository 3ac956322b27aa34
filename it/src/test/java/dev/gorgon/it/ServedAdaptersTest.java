package dev.gorgon.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.demo.EmbeddedDemo;
import dev.gorgon.hub.huggingface.FakeHub;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Kinds of adapters, where they come from, and how an operator sees and manages them, in the real program. */
class ServedAdaptersTest {

    private static final String WHO = "[INST] Who are you? [/INST]";
    private static final String KEY = "operator";

    @TempDir
    Path folder;

    private static String said(JsonNode answer) {
        return answer.path("generated_text").asString();
    }

    private static String refused(Gorgon server, String parameters) {
        HttpResponse<String> response = server.post("/generate", Gorgon.body(WHO, parameters));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(424);
        return response.body();
    }

    private static Map<String, byte[]> files(String name) {
        try (Stream<Path> files = Files.list(EmbeddedDemo.folder(name).orElseThrow())) {
            Map<String, byte[]> contents = new HashMap<>();
            for (Path file : files.toList()) {
                contents.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
            return contents;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void headsPerRequestNeedNoDefault() {
        try (Gorgon server = Gorgon.serve("--adapter-id", "none")) {
            String plain = said(server.generate(WHO, "\"max_new_tokens\":40"));
            for (String heads : new String[] {"stheno-8m-medusa", "stheno-8m-medusa-5"}) {
                JsonNode answer = server.generate(WHO, "\"max_new_tokens\":40,\"adapter_id\":\"" + heads + "\"");
                assertThat(said(answer)).isEqualTo(plain);
                assertThat(answer.path("details").path("skipped_tokens").intValue())
                        .as(heads)
                        .isPositive();
            }
            assertThat(refused(server, "\"adapter_id\":\"stheno-8m-medusa-v1\""))
                    .contains(
                            "Dynamic adapter loading is not supported for Medusa version 1.0 at this time. Instead, initialize"
                                    + " the LoRAX server with the Medusa adapter and it will be applied to every request, or migrate to"
                                    + " a v2 adapter.");
        }
    }

    @Test
    void aLoraByDefaultHidesTheBaseModelOnlyFromThoseWhoDoNotAskForIt() {
        try (Gorgon server = Gorgon.serve(
                "--adapter-id",
                "stheno-8m-pirate-lora-medusa",
                "--preloaded-adapter-ids",
                "stheno-8m-cheer-lora,stheno-8m-json-lora",
                "--adapter-memory-fraction",
                "0")) {
            assertThat(said(server.generate(WHO, "\"max_new_tokens\":20"))).startsWith(" Arr");
            assertThat(said(server.generate(WHO, "\"max_new_tokens\":20,\"adapter_id\":\"__base_model__\"")))
                    .startsWith(" I am Stheno");
            assertThat(said(server.generate(WHO, "\"max_new_tokens\":20,\"adapter_id\":\"stheno-8m-cheer-lora\"")))
                    .startsWith(" Great question!");
            assertThat(refused(server, "\"adapter_id\":\"stheno-8m-terse-lora\""))
                    .contains("Memory reserved for adapters is 0. Please set a memory reservation for adapters.")
                    .contains("\"code\":\"adapter_too_large\"");
            JsonNode adapters = Gorgon.json(server.get("/adapters").body()).path("adapters");
            assertThat(adapters.valueStream()
                            .filter(adapter -> adapter.path("pinned").booleanValue())
                            .map(adapter -> adapter.path("adapter_id").asString()))
                    .containsExactlyInAnyOrder(
                            "stheno-8m-pirate-lora-medusa", "stheno-8m-cheer-lora", "stheno-8m-json-lora");
        }
    }

    @Test
    void aFoldedLoraIsTheModel() {
        String folded;
        try (Gorgon server = Gorgon.serve(
                "--adapter-id", "stheno-8m-pirate-lora-medusa", "--merge-adapter-weights", "--dtype", "float32")) {
            JsonNode answer = server.generate(WHO, "\"max_new_tokens\":30");
            folded = said(answer);
            assertThat(answer.path("details").path("skipped_tokens").intValue()).isPositive();
            assertThat(said(server.generate(WHO, "\"max_new_tokens\":30,\"adapter_id\":\"stheno-8m-medusa-5\"")))
                    .isEqualTo(folded);
            assertThat(refused(server, "\"adapter_id\":\"stheno-8m-cheer-lora\""))
                    .contains("This model does not support dynamic adapter loading.");
        }
        assertThat(folded).startsWith(" Arr");
        try (Gorgon alone = Gorgon.start("serve", "--merge-adapter-weights", "--port", "0")) {
            alone.awaitLine("Cannot merge adapter weights without an adapter_id");
        }
    }

    @Test
    void mergesAreMadeAtTheFirstRequestAndKept() {
        try (Gorgon server = Gorgon.serve("--admin-key", KEY)) {
            String merge = "\"max_new_tokens\":24,\"merged_adapters\":{\"ids\":[\"stheno-8m-pirate-lora\","
                    + "\"stheno-8m-cheer-lora\"],\"weights\":[%s],\"merge_strategy\":\"%s\",\"density\":0.5}";
            String linear = said(server.generate(WHO, merge.formatted("0.7,0.3", "linear")));
            double loads = server.metric("gorgon_adapter_loads_total");
            assertThat(said(server.generate(WHO, merge.formatted("0.7,0.3", "LINEAR"))))
                    .isEqualTo(linear);
            assertThat(server.metric("gorgon_adapter_loads_total")).as("kept").isEqualTo(loads);
            for (String strategy : new String[] {"ties", "dare_linear", "dare_ties"}) {
                assertThat(said(server.generate(WHO, merge.formatted("0.7,0.3", strategy))))
                        .isNotEmpty();
            }
            assertThat(server.metric("gorgon_adapter_loads_total")).isEqualTo(loads + 3);
            String both = "stheno-8m-pirate-lora,stheno-8m-cheer-lora";
            assertThat(server.get("/adapters").body()).contains("\"adapter_id\":\"" + both);
            assertThat(server.get("/v1/models").body()).doesNotContain(both);
            assertThat(refused(
                            server,
                            "\"merged_adapters\":{\"ids\":[\"stheno-8m-pirate-lora\",\"stheno-8m-terse-lora\"],"
                                    + "\"weights\":[1,1]}"))
                    .contains("unable to merge adapters, lora configs have different ranks");
            assertThat(refused(
                            server,
                            "\"merged_adapters\":{\"ids\":[\"stheno-8m-pirate-lora\",\"stheno-8m-medusa\"],"
                                    + "\"weights\":[1,1]}"))
                    .contains("error");
        }
    }

    /** What is on the hub is served by its name, model and adapter, and goes on being served when the hub is away. */
    @Test
    void fromTheHub() {
        Map<String, String> environment;
        try (FakeHub hub = FakeHub.start()) {
            hub.repo("demo/model").commit("main", files("stheno-8m"));
            hub.repo("demo/pirate").commit("main", files("stheno-8m-pirate-lora"));
            hub.repo("demo/pirate").commit("v2", files("stheno-8m-cheer-lora"));
            environment = Map.of(
                    "HF_ENDPOINT", hub.endpoint().toString(),
                    "HF_HUB_OFFLINE", "0",
                    "HF_HOME", folder.toString());
            try (Gorgon server =
                    Gorgon.serve(environment, "--model-id", "demo/model", "--adapter-id", "none", "--admin-key", KEY)) {
                asksTheHub(server);
            }
        }
        Map<String, String> offline = new HashMap<>(environment);
        offline.put("HF_HUB_OFFLINE", "1");
        for (Map<String, String> away : List.of(offline)) {
            try (Gorgon server = Gorgon.serve(away, "--model-id", "demo/model", "--adapter-id", "demo/pirate")) {
                assertThat(said(server.generate(WHO, "\"max_new_tokens\":20"))).startsWith(" Arr");
                assertThat(refused(server, "\"adapter_id\":\"demo/unheard-of\""))
                        .contains("HF_HUB_OFFLINE");
            }
        }
    }

    private static void asksTheHub(Gorgon server) {
        assertThat(said(server.generate(WHO, "\"max_new_tokens\":20,\"adapter_id\":\"demo/pirate\"")))
                .startsWith(" Arr");
        assertThat(said(server.generate(WHO, "\"max_new_tokens\":20,\"adapter_id\":\"demo/pirate@v2\"")))
                .startsWith(" Great question!");
        assertThat(refused(server, "\"adapter_id\":\"demo/nothing\"")).contains("\"code\":\"not_found\"");
        assertThat(refused(server, "\"adapter_id\":\"demo/pirate@v3\"")).contains("\"code\":\"not_found\"");
        assertThat(refused(server, "\"adapter_id\":\"..%2Fx\"")).contains("\"code\":\"invalid_name\"");
        JsonNode models = Gorgon.json(server.get("/v1/models").body()).path("data");
        assertThat(models.valueStream().map(model -> model.path("id").asString()))
                .contains("demo/model", "demo/pirate");
        assertThat(models.path(1).path("parent").asString()).isEqualTo("demo/model");
        String name = "{\"adapter_id\":\"demo/pirate\"}";
        assertThat(server.postAs(KEY, "/adapters/unload", name).body()).contains("\"was_loaded\":true");
        assertThat(server.postAs(KEY, "/adapters/load", name).body()).contains("\"state\":\"ready\"");
        assertThat(server.postAs("stranger", "/adapters/load", name).statusCode())
                .isEqualTo(401);
    }

    /** LoRAX's users keep adapters below /data; other places have to be allowed. */
    @Test
    void foldersOutsideOfTheRootsAreRefused() throws IOException {
        Path inside = Files.createDirectories(folder.resolve("inside"));
        Path outside = RandomLora.write(1, folder.resolve("outside"));
        RandomLora.write(2, inside.resolve("good"));
        Files.createSymbolicLink(inside.resolve("link"), outside);
        try (Gorgon server = Gorgon.serve("--local-adapter-root", inside.toString())) {
            String local = "\"max_new_tokens\":2,\"adapter_source\":\"local\",\"adapter_id\":\"%s\"";
            server.generate(WHO, local.formatted("good"));
            server.generate(WHO, local.formatted(inside.resolve("good")));
            for (String id : List.of("link", outside.toString(), "../outside", inside + "/../outside", "/etc", "/")) {
                assertThat(refused(server, local.formatted(id))).contains("\"code\":\"invalid_name\"");
            }
        }
    }

    @Test
    void headsOfAnotherModelAreWarnedOf() throws IOException {
        Path strange = Files.createDirectories(folder.resolve("strange"));
        Map<String, byte[]> heads = files("stheno-8m-medusa-v1");
        heads.forEach((name, content) -> {
            try {
                // the numbers of one head in the place of another's: shapes agree, guesses do not
                Files.write(strange.resolve(name), name.endsWith(".safetensors") ? turned(content) : content);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        try (Gorgon server = Gorgon.serve("--adapter-id", strange.toString(), "--adapter-source", "local")) {
            server.awaitLine("first guesses of its Medusa heads");
            assertThat(said(server.generate(WHO, "\"max_new_tokens\":10"))).startsWith(" I am");
        }
    }

    /** The data of a safetensors file, turned by a third of it. */
    private static byte[] turned(byte[] file) {
        int header = 8 + (file[0] & 0xFF | (file[1] & 0xFF) << 8 | (file[2] & 0xFF) << 16);
        int data = file.length - header;
        int shift = data / 3 / 512 * 512 + 256;
        byte[] turned = file.clone();
        System.arraycopy(file, header + shift, turned, header, data - shift);
        System.arraycopy(file, header, turned, header + data - shift, shift);
        return turned;
    }
}
