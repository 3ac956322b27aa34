package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.server.TestServer.Raw;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The way out: readiness first, then no new work, then the end of what is running. */
class DrainTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    private static TestServer server(Duration delay, Duration shutdown) {
        TestServer server = new TestServer(TestServer.config(TestServer.LIMITS).toBuilder()
                .timeouts(Timeouts.DEFAULT.withShutdown(delay, shutdown))
                .build());
        server.engine.manual();
        return server;
    }

    @Test
    void readinessGoesFirstWhileConnectionsAreAccepted() throws Exception {
        try (TestServer server = server(LONG, LONG)) {
            Raw running = server.raw().post("/generate_stream", "{\"inputs\":\"a\"}");
            FakeInference.Fake fake = server.engine.next();
            CompletableFuture<Void> closing = CompletableFuture.runAsync(server.server::close);
            assertThat(TestServer.eventually(() -> server.get("/health").statusCode() == 503))
                    .isTrue();
            for (String path : new String[] {"/health", "/ping", "/"}) {
                assertThat(server.get(path).statusCode()).isEqualTo(503);
            }
            assertThat(server.get("/info").statusCode()).isEqualTo(200);
            try (Raw late = server.raw().post("/generate", "{\"inputs\":\"a\"}")) {
                assertThat(late.readUntil("}"))
                        .startsWith("HTTP/1.1 503 ")
                        .containsIgnoringCase("connection: close")
                        .containsIgnoringCase("retry-after: 1")
                        .endsWith("{\"error\":\"The server is shutting down; send the request again to another one\","
                                + "\"error_type\":\"shutting_down\"}");
            }
            assertThat(server.post("/v1/anything", "{}").body())
                    .startsWith("{\"error\":{\"message\":\"The server is shutting down")
                    .contains("\"type\":\"server_error\"");
            // What runs is not disturbed, and a hurry ends the waiting.
            fake.step(f -> f.token(5, "x", -1, false));
            assertThat(running.readUntil("\n\n")).contains("\"text\":\"x\"");
            server.server.closeNow();
            closing.get(20, TimeUnit.SECONDS);
            assertThat(fake.awaitCancel()).isTrue();
            assertThat(running.readAll()).contains("shutting_down");
        }
    }

    @Test
    void runningRequestsMayFinish() throws Exception {
        try (TestServer server = server(Duration.ZERO, LONG)) {
            CompletableFuture<HttpResponse<String>> answer = CompletableFuture.supplyAsync(() -> server.generate(""));
            FakeInference.Fake fake = server.engine.next();
            CompletableFuture<Void> closing = CompletableFuture.runAsync(server.server::close);
            assertThat(TestServer.eventually(() -> refusesConnections(server))).isTrue();
            fake.step(FakeInference::paris);
            assertThat(answer.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
            closing.get(10, TimeUnit.SECONDS);
            assertThat(server.server.load().requests()).isZero();
        }
    }

    private static boolean refusesConnections(TestServer server) {
        try (Raw raw = server.raw()) {
            return !raw.socket().isConnected();
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void theRestIsHandedBackWithAReason() throws Exception {
        try (TestServer server = server(Duration.ZERO, Duration.ofMillis(50))) {
            Raw single = server.raw().post("/generate", "{\"inputs\":\"a\"}");
            FakeInference.Fake first = server.engine.next();
            Raw stream = server.raw().post("/generate_stream", "{\"inputs\":\"a\"}");
            FakeInference.Fake second = server.engine.next();
            second.step(f -> f.token(5, "x", -1, false));
            stream.readUntil("\n\n");
            server.server.close();
            assertThat(single.readAll())
                    .startsWith("HTTP/1.1 503 ")
                    .containsIgnoringCase("retry-after: 1")
                    .contains("\"error_type\":\"shutting_down\"");
            assertThat(stream.readAll()).contains("data: {\"error\":\"The server is shutting down");
            assertThat(first.awaitCancel()).isTrue();
            assertThat(second.awaitCancel()).isTrue();
        }
    }

    /** Its body was on its way when the server began to drain. */
    @Test
    void aBodyThatArrivesTooLateIsNotTaken() throws Exception {
        try (TestServer server = server(LONG, LONG);
                Raw raw = server.raw()) {
            raw.send(Raw.head("/generate", 14) + "{\"inp");
            assertThat(TestServer.eventually(() -> server.server.load().bodyBytes() > 0))
                    .isTrue();
            CompletableFuture<Void> closing = CompletableFuture.runAsync(server.server::close);
            assertThat(TestServer.eventually(() -> server.get("/health").statusCode() == 503))
                    .isTrue();
            raw.send("uts\":\"a\"}");
            assertThat(raw.readUntil("}")).startsWith("HTTP/1.1 503 ");
            assertThat(server.engine.submitted).isEmpty();
            server.server.closeNow();
            closing.get(10, TimeUnit.SECONDS);
        }
    }
}
