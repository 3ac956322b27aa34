package dev.gorgon.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.client.error.ConflictException;
import dev.gorgon.client.error.GenerationException;
import dev.gorgon.client.error.UnauthorizedException;
import dev.gorgon.client.error.ValidationException;
import dev.gorgon.client.types.Adapter;
import dev.gorgon.client.types.AdapterName;
import dev.gorgon.client.types.AdapterSource;
import dev.gorgon.client.types.Entity;
import dev.gorgon.client.types.MetricsFormat;
import dev.gorgon.client.types.Piece;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The routes beside generation: what is sent, what is read. */
class RoutesTest {
    private final FakeServer server = new FakeServer();
    private final ManualTimers timers = new ManualTimers();
    private final Client client =
            Client.builder(server.url() + "/prefix").timers(timers, () -> 0).build();

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    private String sent() {
        FakeServer.Seen seen = server.seen().getLast();
        return seen.method() + " " + seen.path() + " " + seen.body();
    }

    @Test
    void health() {
        server.answers(200, "").answers(503, "");
        assertThat(client.isHealthy()).isTrue();
        assertThat(sent()).isEqualTo("GET /prefix/health ");
        assertThat(client.isHealthy()).isFalse();
        assertThat(timers.pauses()).isEmpty();
        server.close();
        assertThat(client.isHealthy()).isFalse();
    }

    @Test
    void metrics() {
        server.answers(200, "a 1\n").answers(200, "{}");
        assertThat(client.metrics(MetricsFormat.PROMETHEUS)).isEqualTo("a 1\n");
        assertThat(server.seen().getLast().header("accept")).isEqualTo("text/plain");
        assertThat(client.metrics(MetricsFormat.JSON)).isEqualTo("{}");
        assertThat(server.seen().getLast().header("accept")).isEqualTo("application/json");
    }

    @Test
    void tokenize() {
        server.answers(
                        200,
                        "[{\"id\":1,\"text\":\"<s>\",\"start\":0,\"stop\":0},{\"id\":5,\"text\":\"Hi\",\"start\":0,\"stop\":2}]")
                .answers(200, "[]");
        assertThat(client.tokenize("Hi")).containsExactly(new Piece(1, "<s>", 0, 0), new Piece(5, "Hi", 0, 2));
        assertThat(sent()).contains("\"inputs\":\"Hi\"", "\"add_special_tokens\":true");
        assertThat(client.tokenize("Hi", false)).isEmpty();
        assertThat(sent()).contains("\"add_special_tokens\":false");
    }

    @Test
    void adapters() {
        server.answers(200, """
                {"base_model":"m","memory":{},"adapters":[{"adapter_id":"a","names":[],"identity":"1f","state":"ready","kind":"lora",
                 "bytes":5000000000,"pinned":true,"running":2},
                 {"adapter_id":"b","identity":null,"state":"failed","kind":null,"bytes":0,"error":"no"}]}""");
        assertThat(client.adapters())
                .containsExactly(
                        new Adapter(
                                "a",
                                "ready",
                                Optional.of("lora"),
                                Optional.of("1f"),
                                5_000_000_000L,
                                true,
                                2,
                                Optional.empty()),
                        new Adapter("b", "failed", Optional.empty(), Optional.empty(), 0, false, 0, Optional.of("no")));
    }

    @Test
    void loadingAndUnloading() {
        server.answers(200, "{\"adapter_id\":\"a\",\"identity\":\"1f\",\"state\":\"ready\"}")
                .answers(200, "{\"adapter_id\":\"a\",\"was_loaded\":true}")
                .answers(401, "{\"error\":\"key\",\"error_type\":\"unauthorized\"}")
                .answers(409, "{\"error\":\"stays\",\"error_type\":\"conflict\"}");
        AdapterName name = AdapterName.of("a", AdapterSource.HUB).withApiToken("hf_x");
        assertThat(client.loadAdapter(name)).isEqualTo("1f");
        assertThat(sent())
                .isEqualTo(
                        "POST /prefix/adapters/load {\"adapter_id\":\"a\",\"adapter_source\":\"hub\",\"api_token\":\"hf_x\"}");
        assertThat(name.toString()).doesNotContain("hf_x");
        assertThat(client.unloadAdapter(AdapterName.of("a"))).isTrue();
        assertThat(sent()).isEqualTo("POST /prefix/adapters/unload {\"adapter_id\":\"a\"}");
        assertThatThrownBy(() -> client.unloadAdapter(name)).isInstanceOf(UnauthorizedException.class);
        assertThatThrownBy(() -> client.unloadAdapter(name)).isInstanceOf(ConflictException.class);
        assertThatThrownBy(() -> AdapterName.of("")).isInstanceOf(ValidationException.class);
    }

    @Test
    void embeddingsAndEntities() {
        String entity = "{\"entity_group\":\"PER\",\"score\":0.5,\"word\":\"ada\",\"start\":0,\"end\":3}";
        server.answers(200, "{\"embeddings\":[0.5,-1]}")
                .answers(200, "[" + entity + "]")
                .answers(200, "[[" + entity + "],[]]")
                .answers(
                        424,
                        "{\"error\":\"Request failed during generation: Server error: Model does not support embeddings\","
                                + "\"error_type\":\"generation\"}");
        assertThat(client.embed("x")).containsExactly(0.5f, -1);
        Entity ada = new Entity("PER", 0.5f, "ada", 0, 3);
        assertThat(client.classify("Ada")).containsExactly(ada);
        assertThat(client.classifyBatch(List.of("Ada", "x"))).containsExactly(List.of(ada), List.of());
        assertThat(sent()).isEqualTo("POST /prefix/classify_batch {\"inputs\":[\"Ada\",\"x\"]}");
        assertThatThrownBy(() -> client.embed("x")).isInstanceOf(GenerationException.class);
    }
}
