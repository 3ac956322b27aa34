package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.gorgon.hub.AdapterSource;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Who is let in with which key, and that keys stay at the door. */
class AccessTest {
    private static final Access KEYS =
            new Access(List.of("key-one", "hf_two"), Optional.empty(), Optional.of("operator"), false);

    private static TestServer guarded(Access access) {
        return new TestServer(TestServer.config(TestServer.LIMITS).toBuilder()
                .defaultAdapterSource(AdapterSource.HUB)
                .access(access)
                .build());
    }

    private static HttpResponse<String> get(TestServer server, String path, String... headers) {
        HttpRequest.Builder request = server.request(path);
        return server.send(
                headers.length == 0 ? request.build() : request.headers(headers).build());
    }

    private static HttpResponse<String> generate(TestServer server, String parameters, String... headers) {
        return server.send(server.request("/generate")
                .header("content-type", "application/json")
                .headers(headers)
                .POST(HttpRequest.BodyPublishers.ofString(TestServer.body(parameters)))
                .build());
    }

    @ParameterizedTest
    @CsvSource({
        "authorization,Bearer key-one",
        "authorization,bearer  key-one",
        "Authorization,BEARER hf_two",
        "x-api-key,key-one",
        "X-API-Key,hf_two",
        "authorization,Bearer operator",
        "x-api-key,operator",
    })
    void keysOpenEveryRoute(String header, String value) {
        try (TestServer server = guarded(KEYS)) {
            assertThat(get(server, "/info", header, value).statusCode()).isEqualTo(200);
            assertThat(get(server, "/metrics", header, value).statusCode()).isEqualTo(200);
            assertThat(get(server, "/v1/models", header, value).statusCode()).isEqualTo(200);
            assertThat(get(server, "/nowhere", header, value).statusCode()).isEqualTo(404);
            assertThat(generate(server, "", header, value).statusCode()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "authorization,Bearer key-on",
        "authorization,Bearer key-onee",
        "authorization,Bearer",
        "authorization,Basic key-one",
        "authorization,key-one",
        "x-api-key,Bearer key-one",
        "x-api-key,KEY-ONE",
        "accept,key-one",
    })
    void nothingElseDoes(String header, String value) {
        try (TestServer server = guarded(KEYS)) {
            HttpResponse<String> refused = generate(server, "", header, value);
            assertThat(refused.statusCode()).isEqualTo(401);
            assertThat(refused.headers().firstValue("www-authenticate")).contains("Bearer");
            assertThat(refused.body())
                    .isEqualTo("{\"error\":\"a key is needed; send one of the server's API keys as"
                            + " 'Authorization: Bearer …' or 'x-api-key: …'\",\"error_type\":\"unauthorized\"}");
            for (String path : List.of("/info", "/metrics", "/adapters", "/nowhere", "/health/x", "/docs")) {
                assertThat(get(server, path, header, value).statusCode())
                        .as(path)
                        .isEqualTo(401);
            }
            assertThat(server.engine.submitted).isEmpty();
        }
    }

    @Test
    void openAiRoutesRefuseInTheirEnvelope() {
        try (TestServer server = guarded(KEYS)) {
            HttpResponse<String> refused = get(server, "/v1/models");
            assertThat(refused.statusCode()).isEqualTo(401);
            assertThat(refused.body())
                    .startsWith("{\"error\":{\"message\":\"a key is needed;")
                    .endsWith("\"type\":\"invalid_request_error\",\"param\":null,\"code\":\"invalid_api_key\"}}");
            assertThat(refused.headers().firstValue("access-control-allow-origin"))
                    .contains("*");
        }
        ServerConfig strict = TestServer.config(TestServer.LIMITS).toBuilder()
                .access(KEYS)
                .loraxStrict(true)
                .build();
        try (TestServer server = new TestServer(strict)) {
            assertThat(get(server, "/v1/models").body()).endsWith("\"error_type\":\"unauthorized\"}");
        }
    }

    @Test
    void healthAndPreflightsNeedNoKey() {
        try (TestServer server = guarded(KEYS)) {
            for (String path : List.of("/health", "/health/", "/ping", "/")) {
                assertThat(get(server, path).statusCode()).as(path).isEqualTo(200);
            }
            HttpResponse<String> preflight = server.send(server.request("/generate")
                    .header("origin", "https://example.org")
                    .header("access-control-request-method", "POST")
                    .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                    .build());
            assertThat(preflight.statusCode()).isEqualTo(200);
            assertThat(server.post("/", TestServer.body("")).statusCode()).isEqualTo(401);
        }
    }

    @Test
    void metricsCanBeOpen() {
        try (TestServer server = guarded(new Access(KEYS.keys(), Optional.empty(), Optional.empty(), true))) {
            assertThat(get(server, "/metrics").statusCode()).isEqualTo(200);
            assertThat(get(server, "/info").statusCode()).isEqualTo(401);
        }
    }

    @Test
    void anApiKeyIsNoAdminKey() {
        try (TestServer server = guarded(KEYS)) {
            HttpRequest.Builder load = server.request("/adapters/load")
                    .header("content-type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString("{\"adapter_id\":\"a\"}"));
            HttpResponse<String> client =
                    server.send(load.copy().header("x-api-key", "key-one").build());
            assertThat(client.statusCode()).isEqualTo(403);
            assertThat(client.body()).contains("--admin-key");
            server.engine.addAdapter("a");
            assertThat(server.send(load.copy().header("x-api-key", "operator").build())
                            .statusCode())
                    .isEqualTo(200);
            // Both at once: the stronger one counts.
            assertThat(server.send(load.copy()
                                    .headers("authorization", "Bearer operator", "x-api-key", "key-one")
                                    .build())
                            .statusCode())
                    .isEqualTo(200);
        }
    }

    /** A key that looks like a token of the hub, and one for Predibase, which takes any. */
    @ParameterizedTest
    @CsvSource({"hub,hf_two", "pbase,key-one", "pbase,operator", "hub,operator"})
    void ourKeysNeverReachASource(String source, String key) {
        try (TestServer server = guarded(KEYS)) {
            server.engine.addAdapter("a");
            String adapter = "'adapter_id':'a','adapter_source':'" + source + "'";
            assertThat(generate(server, adapter, "authorization", "Bearer " + key)
                            .statusCode())
                    .isEqualTo(200);
            assertThat(generate(server, adapter + ",'api_token':'hf_mine'", "authorization", "Bearer " + key)
                            .statusCode())
                    .isEqualTo(200);
            assertThat(generate(server, adapter, "authorization", "Bearer hf_own", "x-api-key", key)
                            .statusCode())
                    .isEqualTo(200);
            assertThat(server.engine.adapterRequests)
                    .extracting(AdapterRef::apiToken)
                    .containsExactly("", "hf_mine", "hf_own");
        }
    }

    @Test
    void theAdminKeyOfAnOpenServerIsNoTokenEither() {
        try (TestServer server = guarded(Access.OPEN.withAdminKey(Optional.of("hf_operator")))) {
            server.engine.addAdapter("a");
            assertThat(generate(server, "'adapter_id':'a'", "authorization", "Bearer hf_operator")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(server.engine.adapterRequests.getFirst().apiToken()).isEmpty();
        }
    }

    @Test
    void theKeyFileIsReadAgain(@TempDir Path folder) throws IOException, InterruptedException {
        Path file = Files.writeString(folder.resolve("keys"), "# ours\n\n  first  \nsecond\n");
        try (TestServer server = guarded(new Access(List.of("fixed"), Optional.of(file), Optional.empty(), false))) {
            assertThat(opens(server, "first")).isTrue();
            assertThat(opens(server, "second")).isTrue();
            assertThat(opens(server, "# ours")).isFalse();
            Files.writeString(file, "third\nsecond\n");
            assertThat(TestServer.eventually(() -> opens(server, "third"))).isTrue();
            assertThat(opens(server, "first")).isFalse();
            assertThat(opens(server, "second")).isTrue();
            assertThat(opens(server, "fixed")).isTrue();
        }
    }

    @Test
    void anEmptiedKeyFileDoesNotOpenTheServer(@TempDir Path folder) throws IOException, InterruptedException {
        Path file = Files.writeString(folder.resolve("keys"), "first\n");
        try (TestServer server = guarded(new Access(List.of(), Optional.of(file), Optional.empty(), false))) {
            assertThat(opens(server, "first")).isTrue();
            Files.writeString(file, "# nobody\n");
            assertThat(TestServer.eventually(() -> !opens(server, "first"))).isTrue();
            assertThat(get(server, "/info").statusCode()).isEqualTo(401);
            assertThat(get(server, "/health").statusCode()).isEqualTo(200);
        }
    }

    private static boolean opens(TestServer server, String key) {
        return get(server, "/info", "x-api-key", key).statusCode() == 200;
    }

    @Test
    void aKeyFileThatIsNotThereStopsTheStart(@TempDir Path folder) {
        Path missing = folder.resolve("keys");
        Access access = new Access(List.of(), Optional.of(missing), Optional.empty(), false);
        assertThatThrownBy(() -> guarded(access).close())
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("cannot read the key file " + missing);
    }

    @Test
    void keysAreNeverShown() {
        ListAppender<ILoggingEvent> appender = new ListAppender<>();
        appender.start();
        Logger ours = (Logger) LoggerFactory.getLogger("dev.gorgon");
        ours.setLevel(Level.TRACE);
        ours.setAdditive(false);
        ours.addAppender(appender);
        try (TestServer server = guarded(KEYS)) {
            generate(server, "'adapter_id':'missing'", "authorization", "Bearer key-one");
            generate(server, "'temperature':-1", "authorization", "Bearer operator");
            generate(server, "", "x-api-key", "hf_two");
            String metrics = get(server, "/metrics", "x-api-key", "hf_two").body();
            assertThat(metrics).contains("lorax_request_count");
            assertNoKey(metrics);
        } finally {
            ours.detachAppender(appender);
            ours.setAdditive(true);
            ours.setLevel(null);
        }
        assertThat(appender.list).isNotEmpty();
        appender.list.forEach(event -> assertNoKey(event.getFormattedMessage()));
        assertNoKey(KEYS.toString());
        assertNoKey(TestServer.config(TestServer.LIMITS).toBuilder()
                .access(KEYS)
                .build()
                .toString());
    }

    private static void assertNoKey(String text) {
        assertThat(text).doesNotContain("key-one").doesNotContain("hf_two").doesNotContain("Bearer operator");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "two words", "tab\t", "ümlaut"})
    void keysThatNoHeaderCarriesAreRefused(String key) {
        assertThatThrownBy(() -> new Access(List.of(key), Optional.empty(), Optional.empty(), false))
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("visible ASCII");
    }
}
