package dev.gorgon.hub.pbase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.gorgon.hub.AdapterSource;
import dev.gorgon.hub.Contents;
import dev.gorgon.hub.Credential;
import dev.gorgon.hub.FileRef;
import dev.gorgon.hub.HubException;
import dev.gorgon.hub.HubException.Code;
import dev.gorgon.hub.Located;
import dev.gorgon.hub.Progress;
import dev.gorgon.hub.s3.TestBucket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A gateway that speaks Predibase's protocol, and a real S3 server behind it. */
class PredibaseSourceTest {
    private static final Credential ALICE = new Credential("token-of-alice");
    private static final Credential MALLORY = new Credential("token-of-mallory");

    private static TestBucket bucket;

    private final Map<String, String> answers = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private HttpServer gateway;

    @TempDir
    Path cache;

    @BeforeAll
    static void startBucket() throws Exception {
        bucket = new TestBucket();
        bucket.put("uuid-1/run-7/artifacts/model/model_weights/adapter_config.json", "{\"r\": 8}");
        bucket.put("uuid-1/run-7/artifacts/model/model_weights/adapter_model.safetensors", "weights");
    }

    @AfterAll
    static void stopBucket() {
        bucket.close();
    }

    @BeforeEach
    void startGateway() throws IOException {
        gateway = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        gateway.createContext("/", this::answer);
        gateway.start();
    }

    @AfterEach
    void stopGateway() {
        gateway.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().toString();
        asked.add(path);
        String authorization = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
        String text = answers.getOrDefault(path, "");
        int status = !authorization.equals("Bearer " + ALICE.token())
                ? 403
                : text.isEmpty() ? 404 : text.startsWith("status ") ? Integer.parseInt(text.substring(7)) : 200;
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private PredibaseSource source(Credential operator) {
        return new PredibaseSource(
                new PredibaseSettings(
                        URI.create("http://127.0.0.1:" + gateway.getAddress().getPort()),
                        operator,
                        Duration.ofSeconds(10),
                        2,
                        Duration.ofMillis(1)),
                bucket.source(cache));
    }

    private Located locate(String id, Credential token) {
        return source(Credential.NONE).locate(FileRef.of(AdapterSource.PBASE, id), token);
    }

    private static void assertFails(Code code, String text, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        HubException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(text)
                .hasMessageNotContaining("token-of");
    }

    @Test
    void findsAnAdapterByRepositoryAndVersion() {
        answers.put(
                "/v2/repos/customer%20support/version/3",
                "{\"status\": \"completed\", \"adapterPath\": \"uuid-1/run-7/artifacts/model/model_weights/\"}");
        Located located = locate("customer support/3", ALICE);
        assertThat(located.restricted()).isTrue();
        Path folder = source(Credential.NONE).fetch(located, Contents.ADAPTER, ALICE, Progress.NONE);
        assertThat(folder.resolve("adapter_model.safetensors")).hasContent("weights");
        // What is already here is not for everybody either.
        assertFails(
                Code.ACCESS_DENIED,
                "does not let this api_token",
                () -> source(Credential.NONE).fetch(located, Contents.ADAPTER, MALLORY, Progress.NONE));
    }

    @Test
    void fallsBackToTheOldWay() {
        String old = "{\"uuid\": \"uuid-1\", \"bestRunID\": \"run-7\"}";
        answers.put("/v1/models/version/name/old?version=2", old);
        answers.put("/v1/models/version/name/old", old);
        Located withVersion = locate("old/2", ALICE);
        assertThat(asked).containsExactly("/v2/repos/old/version/2", "/v1/models/version/name/old?version=2");
        assertThat(locate("old", ALICE).version()).isEqualTo(withVersion.version());
    }

    @Test
    void theOperatorsTokenServesThoseWithoutOne() {
        answers.put("/v1/models/version/name/old", "{\"uuid\": \"uuid-1\", \"bestRunID\": \"run-7\"}");
        FileRef ref = FileRef.of(AdapterSource.PBASE, "old");
        assertThat(source(ALICE).locate(ref, Credential.NONE).restricted()).isTrue();
        assertFails(
                Code.ACCESS_DENIED,
                "does not let this api_token",
                () -> source(ALICE).locate(ref, MALLORY));
    }

    @Test
    void theTextsAreLorax() {
        assertThatThrownBy(() -> locate("a/1", Credential.NONE))
                .isInstanceOfSatisfying(
                        HubException.class, e -> assertThat(e.code()).isEqualTo(Code.ACCESS_DENIED))
                .hasMessage("api_token must be provided to for a model of source pbase");
        answers.put("/v2/repos/a/version/1", "{\"status\": \"training\"}");
        assertThatThrownBy(() -> locate("a/1", ALICE))
                .hasMessage(
                        "Adapter a/1 is not ready for use. Current status: training.Please wait until the adapter has completed training.");
        answers.put("/v2/repos/a/version/2", "{\"status\": \"errored\"}");
        assertThatThrownBy(() -> locate("a/2", ALICE)).hasMessage("Adapter a/2 is not yet available");
        assertFails(Code.NOT_FOUND, "Adapter a/3 is not yet available", () -> locate("a/3", ALICE));
        assertFails(Code.NOT_FOUND, "Adapter unknown is not yet available", () -> locate("unknown", ALICE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/b/c", "", "/1", "a/", "../1", "a/..", "a\nb/1", "a?b/1", "a%2e/1", ".a/1"})
    void oddNamesAreRefusedUnasked(String id) {
        assertFails(Code.INVALID_NAME, "Invalid model id ", () -> locate(id, ALICE));
        assertThat(asked).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "status 429, RATE_LIMITED, 1",
        "status 503, UNREACHABLE, 2",
        "[], UNREACHABLE, 1",
        "<html>, UNREACHABLE, 1"
    })
    void troubleOfTheGatewayIsNamed(String answer, Code code, int attempts) {
        answers.put("/v2/repos/a/version/1", answer);
        assertFails(code, "a/1", () -> locate("a/1", ALICE));
        assertThat(asked).hasSize(attempts);
    }

    @Test
    void endlessAnswersAndPathsThatAreNoneAreRefused() {
        answers.put("/v2/repos/a/version/1", "{\"status\": \"" + "x".repeat(Gateway.MAX_BYTES) + "\"}");
        assertFails(Code.UNREACHABLE, "Predibase cannot be reached", () -> locate("a/1", ALICE));
        answers.put("/v2/repos/a/version/2", "{\"adapterPath\": \"../../etc\"}");
        assertFails(Code.INVALID_NAME, "Invalid model_id ../../etc", () -> locate("a/2", ALICE));
    }

    @Test
    void tokensThatAreNoneAndGatewaysThatAreNotThere() {
        assertFails(
                Code.ACCESS_DENIED,
                "characters that no token has",
                () -> locate("a/1", new Credential("token-of\nnobody")));
        gateway.stop(0);
        assertFails(Code.UNREACHABLE, "PREDIBASE_GATEWAY_ENDPOINT", () -> locate("a/1", ALICE));
    }

    @Test
    void readsTheEnvironment() {
        assertThat(PredibaseSettings.of(Map.of()).gateway()).hasToString("https://api.app.predibase.com");
        PredibaseSettings settings = PredibaseSettings.of(
                Map.of("PREDIBASE_GATEWAY_ENDPOINT", "http://localhost:80/", "PREDIBASE_API_TOKEN", "t"));
        assertThat(settings.gateway()).hasToString("http://localhost:80");
        assertThat(settings.token()).isEqualTo(new Credential("t"));
        assertFails(
                Code.NOT_CONFIGURED,
                "PREDIBASE_GATEWAY_ENDPOINT 'nowhere'",
                () -> PredibaseSettings.of(Map.of("PREDIBASE_GATEWAY_ENDPOINT", "nowhere")));
        assertThat(settings.toString()).contains("token=token ***");
    }
}
