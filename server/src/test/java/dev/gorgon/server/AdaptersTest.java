package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.adapter.AdapterException;
import dev.gorgon.engine.adapter.AdapterOrigin;
import dev.gorgon.engine.adapter.AdapterState;
import dev.gorgon.engine.adapter.AdapterStatus;
import dev.gorgon.engine.adapter.AdapterUsage;
import dev.gorgon.engine.adapter.MergeSpec;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.GenerationException;
import dev.gorgon.hub.AdapterSource;
import dev.gorgon.hub.HubException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Merges, credentials, and the routes that show and manage adapters. */
class AdaptersTest {

    private static final String KEY = "the-operator";

    private final TestServer server = new TestServer(
            TestServer.config(TestServer.LIMITS).toBuilder().adminKey(KEY).build());

    @AfterEach
    void close() {
        server.close();
    }

    private static AdapterStatus status(String id, String identity, boolean restricted, AdapterState state) {
        AdapterUsage usage = new AdapterUsage();
        usage.countRequest();
        usage.countStep(30, 20, 15);
        return new AdapterStatus(
                identity,
                List.of(new AdapterOrigin.Name("hub", id, "", "")),
                restricted,
                state,
                "lora",
                4096,
                false,
                2,
                1_700_000_000_000L,
                usage,
                state == AdapterState.FAILED ? Optional.of("no such thing") : Optional.empty(),
                8);
    }

    private HttpResponse<String> manage(String path, String body, String authorization) {
        HttpRequest.Builder request = server.request(path)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.replace('\'', '"')));
        if (!authorization.isEmpty()) {
            request.header("authorization", authorization);
        }
        return server.send(request.build());
    }

    private HttpResponse<String> getAsOperator(String path) {
        return server.send(
                server.request(path).header("authorization", "Bearer " + KEY).build());
    }

    @Test
    void merges() throws InterruptedException {
        HttpResponse<String> response = server.generate(
                "'merged_adapters':{'ids':['a','b'],'weights':[0.5,2],"
                        + "'merge_strategy':'DARE_ties','density':0.25,'majority_sign_method':'Frequency'},'adapter_source':'local'");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("x-adapter-id")).contains("a,b");
        assertThat(response.headers().firstValue("x-adapter-source")).contains("local");
        assertThat(server.engine.registry.merges)
                .containsExactly(new MergeSpec(
                        List.of(0.5, 2.0), MergeSpec.Strategy.DARE_TIES, 0.25, MergeSpec.MajoritySign.FREQUENCY));
        assertThat(server.engine.adapterRequests).extracting(AdapterRef::id).containsExactly("a", "b");
        assertThat(server.engine.next().request.adapter()).isInstanceOf(AdapterSelection.Of.class);
    }

    /** What clients of OpenAI's API send because they must send something. */
    @ParameterizedTest
    @ValueSource(strings = {"EMPTY", "dummy", "sk-proj-0123456789abcdef0123456789abcdef", "none", "x"})
    void madeUpKeysNeverReachTheHub(String key) {
        server.engine.addAdapter("a");
        assertThat(manage("/generate", TestServer.body("'adapter_id':'a'"), "Bearer " + key)
                        .statusCode())
                .isEqualTo(200);
        assertThat(server.engine.adapterRequests).containsExactly(new AdapterRef("a", AdapterSource.HUB, ""));
    }

    @Test
    void realTokensReachTheSourceTheyAreFor() {
        server.engine.addAdapter("a");
        manage("/generate", TestServer.body("'adapter_id':'a'"), "Bearer hf_abc");
        manage("/generate", TestServer.body("'adapter_id':'a','adapter_source':'local'"), "Bearer hf_abc");
        manage("/generate", TestServer.body("'adapter_id':'a','adapter_source':'pbase'"), "Bearer pb_abc");
        assertThat(server.engine.adapterRequests)
                .containsExactly(
                        new AdapterRef("a", AdapterSource.HUB, "hf_abc"),
                        new AdapterRef("a", AdapterSource.LOCAL, ""),
                        new AdapterRef("a", AdapterSource.PBASE, "pb_abc"));
    }

    @Test
    void codesTellFailuresApart() {
        server.engine.adapters.put(
                "private",
                CompletableFuture.failedFuture(new AdapterException(
                        AdapterException.Code.ACCESS_DENIED,
                        "private is private",
                        new HubException(HubException.Code.ACCESS_DENIED, "401"))));
        HttpResponse<String> response = server.generate("'adapter_id':'private'");
        assertThat(response.statusCode()).isEqualTo(424);
        assertThat(response.body())
                .isEqualTo("{\"error\":\"Request failed during generation: Server error: private is private\","
                        + "\"error_type\":\"generation\",\"code\":\"access_denied\"}");
        assertThat(server.get("/metrics").body()).contains("lorax_request_failure{err=\"download_adapter\"} 1.0");
    }

    @Test
    void weightsThatCannotBeLoadedFailTheRequest() {
        server.engine.script = fake -> fake.fail(new GenerationException(
                "tensor q has shape [3]",
                new AdapterException(AdapterException.Code.INCOMPATIBLE_ADAPTER, "tensor q has shape [3]")));
        assertThat(server.generate("").body())
                .isEqualTo("{\"error\":\"Request failed during generation: Server error: tensor q has shape [3]\","
                        + "\"error_type\":\"generation\",\"code\":\"incompatible_adapter\"}");
        assertThat(server.get("/metrics").body()).contains("lorax_request_failure{err=\"load_adapter\"} 1.0");
    }

    @Test
    void listsOnlyWhatEverybodyMaySee() {
        server.engine.registry.list = List.of(
                status("open", "aa11", false, AdapterState.READY), status("secret", "bb22", true, AdapterState.READY));
        assertThat(server.get("/adapters").body())
                .isEqualTo("{\"base_model\":\"stheno-8m\",\"memory\":{\"bytes\":300,\"budget_bytes\":1000,\"active\":3,"
                        + "\"waiting\":1,\"loads\":7,\"evictions\":4},\"adapters\":[{\"adapter_id\":\"open\","
                        + "\"names\":[{\"adapter_id\":\"open\",\"adapter_source\":\"hub\"}],\"identity\":\"aa11\","
                        + "\"state\":\"ready\",\"kind\":\"lora\",\"bytes\":4096,\"pinned\":false,\"restricted\":false,"
                        + "\"running\":2,\"last_used\":\"2023-11-14T22:13:20Z\",\"requests\":1,\"tokens\":30,"
                        + "\"acceptance\":0.75}]}");
        assertThat(getAsOperator("/adapters").body()).contains("\"secret\"");
        assertThat(server.get("/v1/models").body()).contains("\"open\"").doesNotContain("secret");
        assertThat(getAsOperator("/v1/models").body()).contains("\"secret\"");
    }

    @Test
    void modelsHaveParents() {
        server.engine.registry.list = List.of(
                status("open", "aa11", false, AdapterState.EVICTED), status("broken", "", false, AdapterState.FAILED));
        String body = server.get("/v1/models").body();
        assertThat(body)
                .startsWith("{\"object\":\"list\",\"data\":[{\"id\":\"stheno-8m\",\"object\":\"model\",\"created\":")
                .contains("\"root\":\"stheno-8m\",\"parent\":null,\"max_model_len\":32,\"state\":\"ready\"}")
                .contains("{\"id\":\"open\",\"object\":\"model\",")
                .contains("\"parent\":\"stheno-8m\",\"identity\":\"aa11\",\"state\":\"evicted\"")
                .doesNotContain("broken");
    }

    @Test
    void loadsAndUnloads() {
        server.engine.addAdapter("a");
        String body = "{'adapter_id':'a','adapter_source':'local'}";
        HttpResponse<String> loaded = manage("/adapters/load", body, "Bearer " + KEY);
        assertThat(loaded.statusCode()).isEqualTo(200);
        assertThat(loaded.body())
                .startsWith("{\"adapter_id\":\"a\",\"adapter_source\":\"local\",\"identity\":\"a#")
                .endsWith("\",\"state\":\"ready\"}");
        assertThat(manage("/adapters/unload", body, "Bearer " + KEY).body())
                .isEqualTo("{\"adapter_id\":\"a\",\"adapter_source\":\"local\",\"was_loaded\":true}");
        server.engine.registry.unloaded = Optional.empty();
        assertThat(manage("/adapters/unload", body, "Bearer " + KEY).statusCode())
                .isEqualTo(409);
        HttpResponse<String> failed = manage("/adapters/load", "{'adapter_id':'missing'}", "Bearer " + KEY);
        assertThat(failed.statusCode()).isEqualTo(424);
        assertThat(failed.body()).contains("\"code\":\"invalid_adapter\"");
        assertThat(manage("/adapters/load", "{'adapter_id':''}", "Bearer " + KEY)
                        .statusCode())
                .isEqualTo(422);
        assertThat(manage("/adapters/load", "{}", "Bearer " + KEY).statusCode()).isEqualTo(422);
        assertThat(manage("/adapters/load", "{'adapter_id':'a','adapter_source':'moon'}", "Bearer " + KEY)
                        .statusCode())
                .isEqualTo(422);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Bearer ", "Bearer the-operato", "Basic the-operator", "the-operator"})
    void onlyTheOperatorManages(String authorization) {
        HttpResponse<String> response = manage("/adapters/load", "{'adapter_id':'a'}", authorization);
        assertThat(response.statusCode()).isEqualTo(401);
        assertThat(response.body()).contains("--admin-key");
        assertThat(manage("/adapters/unload", "{'adapter_id':'a'}", authorization)
                        .statusCode())
                .isEqualTo(401);
        assertThat(server.engine.adapterRequests).isEmpty();
    }

    @Test
    void withoutAKeyNobodyManages() {
        try (TestServer open = new TestServer()) {
            HttpResponse<String> response = open.post("/adapters/load", "{\"adapter_id\":\"a\"}");
            assertThat(response.statusCode()).isEqualTo(403);
            assertThat(response.body()).contains("start the server with --admin-key");
        }
    }

    @Test
    void seriesPerAdapterAreBounded() {
        List<AdapterStatus> many = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            many.add(status("a" + i, "id%04d".formatted(i), i == 3, AdapterState.READY));
        }
        server.engine.registry.list = many;
        List<String> requests = server.get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("gorgon_adapter_requests_total"))
                .toList();
        assertThat(requests)
                .hasSize(101)
                .contains(
                        "gorgon_adapter_requests_total{adapter=\"a0\",identity=\"id0000\"} 1.0",
                        "gorgon_adapter_requests_total{adapter=\"id0003\",identity=\"id0003\"} 1.0",
                        "gorgon_adapter_requests_total{adapter=\"other\",identity=\"\"} 400.0");
        server.engine.registry.list = List.copyOf(many.reversed());
        assertThat(server.get("/metrics").body())
                .contains("gorgon_adapter_requests_total{adapter=\"other\",identity=\"\"} 400.0")
                .contains("gorgon_adapters{state=\"ready\"} 500.0")
                .contains("gorgon_adapter_memory_bytes 300.0")
                .contains("gorgon_adapter_evictions_total 4.0")
                .contains("gorgon_adapter_accepted_tokens_total{adapter=\"a0\",identity=\"id0000\"} 15.0");
    }
}
