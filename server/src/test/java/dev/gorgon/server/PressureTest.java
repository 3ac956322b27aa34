package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.adapter.AdapterSlot;
import dev.gorgon.server.TestServer.Raw;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** More than the server can take: of tokens, of bodies, of time. */
class PressureTest {

    private static ServerConfig.Builder config() {
        return TestServer.config(TestServer.LIMITS).toBuilder();
    }

    private static HttpResponse<String> generate(TestServer server, String path, String timeoutMillis) {
        return server.send(server.request(path)
                .header("content-type", "application/json")
                .header("x-request-timeout-ms", timeoutMillis)
                .POST(HttpRequest.BodyPublishers.ofString(TestServer.body("")))
                .build());
    }

    /** A prompt of four tokens and ten new ones; two such requests fit into the queue. */
    @Test
    void queuedTokensAreBounded() throws IOException, InterruptedException {
        Limits limits = TestServer.LIMITS.withMaxQueuedTokens(30);
        try (TestServer server =
                new TestServer(TestServer.config(limits).toBuilder().build())) {
            server.engine.manual();
            String body = TestServer.body("'max_new_tokens':10");
            Raw first = server.raw().post("/generate", body);
            FakeInference.Fake running = server.engine.next();
            Raw second = server.raw().post("/generate_stream", body);
            FakeInference.Fake waiting = server.engine.next();
            assertThat(server.server.load().queuedTokens()).isEqualTo(28);

            HttpResponse<String> refused = server.generate("\"max_new_tokens\":10");
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.body()).isEqualTo("{\"error\":\"Model is overloaded\",\"error_type\":\"overloaded\"}");
            assertThat(refused.headers().firstValue("retry-after")).isPresent();
            assertThat(server.stream("\"max_new_tokens\":10").body()).contains("overloaded");

            // The first token ends the waiting, and so does a client that leaves.
            running.step(fake -> fake.token(5, "x", -1, false));
            assertThat(TestServer.eventually(() -> server.server.load().queuedTokens() == 14))
                    .isTrue();
            second.close();
            assertThat(waiting.awaitCancel()).isTrue();
            assertThat(TestServer.eventually(() -> server.server.load().queuedTokens() == 0))
                    .isTrue();
            running.step(FakeInference::paris);
            first.readUntil("}");
            assertThat(server.idle()).isTrue();
        }
    }

    @Test
    void aRequestLargerThanTheQueueIsTakenWhenItIsAlone() {
        try (TestServer server = new TestServer(TestServer.config(TestServer.LIMITS.withMaxQueuedTokens(5)))) {
            assertThat(server.generate("").statusCode()).isEqualTo(200);
            // Two completions are never alone.
            assertThat(server.generate("\"best_of\":2,\"do_sample\":true").statusCode())
                    .isEqualTo(429);
            assertThat(server.server.load().queuedTokens()).isZero();
        }
    }

    @Test
    void placesInTheQueueAreGivenUpWhenTheAdapterFails() throws InterruptedException {
        try (TestServer server = new TestServer(TestServer.config(TestServer.LIMITS.withMaxQueuedTokens(40)))) {
            CompletableFuture<AdapterSlot> loading = new CompletableFuture<>();
            server.engine.adapters.put("slow", loading);
            CompletableFuture<HttpResponse<String>> answer =
                    CompletableFuture.supplyAsync(() -> server.generate("\"adapter_id\":\"slow\""));
            assertThat(TestServer.eventually(() -> server.server.load().queuedTokens() > 0))
                    .isTrue();
            loading.completeExceptionally(new IllegalStateException("gone"));
            assertThat(answer.join().statusCode()).isEqualTo(424);
            assertThat(server.server.load().queuedTokens()).isZero();
        }
    }

    @Test
    void bodiesOfAllConnectionsTogetherAreBounded() throws IOException, InterruptedException {
        int limit = TestServer.LIMITS.maxBodyBytes();
        try (TestServer server =
                new TestServer(config().connections(ConnectionLimits.DEFAULT.withMaxBufferedBodyBytes(limit))
                        .build())) {
            Raw big = server.raw();
            big.send(Raw.head("/generate", limit) + "{\"inputs\":\"" + "x".repeat(limit - 100));
            assertThat(TestServer.eventually(() -> server.server.load().bodyBytes() > limit - 100))
                    .isTrue();
            String json = "{\"inputs\":\"" + "y".repeat(1000) + "\"}";
            HttpResponse<String> refused = server.post("/generate", json);
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.body()).contains("Too many request bodies").contains("\"error_type\":\"overloaded\"");
            assertThat(refused.headers().firstValue("retry-after")).contains("1");
            big.close();
            assertThat(TestServer.eventually(() -> server.server.load().bodyBytes() == 0))
                    .isTrue();
            assertThat(server.post("/generate", json).statusCode()).isEqualTo(200);
            assertThat(server.server.load().bodyBytes()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/generate", "/"})
    void requestsCanLimitTheirTime(String path) throws InterruptedException {
        try (TestServer server = new TestServer()) {
            server.engine.manual();
            HttpResponse<String> late = generate(server, path, "50");
            assertThat(late.statusCode()).isEqualTo(504);
            assertThat(late.body())
                    .isEqualTo("{\"error\":\"Request timed out after 50 ms\",\"error_type\":\"timeout\"}");
            assertThat(server.engine.next().awaitCancel()).isTrue();
            assertThat(server.idle()).isTrue();
        }
    }

    @Test
    void theServerLimitsTheTimeOfStreams() throws InterruptedException {
        Timeouts timeouts = Timeouts.DEFAULT.withRequest(Duration.ofMillis(100));
        try (TestServer server = new TestServer(config().timeouts(timeouts).build())) {
            server.engine.script = fake -> fake.token(5, "x", -1, false);
            // A client may ask for less, not for more.
            HttpResponse<String> late = generate(server, "/generate_stream", "3600000");
            assertThat(late.statusCode()).isEqualTo(200);
            assertThat(late.body())
                    .contains("\"text\":\"x\"")
                    .endsWith("data: {\"error\":\"Request timed out after 100 ms\",\"error_type\":\"timeout\"}\n\n");
            assertThat(server.engine.next().awaitCancel()).isTrue();
            server.engine.script = FakeInference::paris;
            assertThat(generate(server, "/generate", "3600000").statusCode()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "1s", "1.5", "", "99999999999"})
    void limitsThatMakeNoSenseAreRefused(String header) {
        try (TestServer server = new TestServer()) {
            HttpResponse<String> refused = generate(server, "/generate", header);
            assertThat(refused.statusCode()).isEqualTo(422);
            assertThat(refused.body()).contains("`x-request-timeout-ms` must be a positive number of milliseconds");
        }
    }

    /** The kernel takes some megabytes off a stream before anything is unread. */
    @Test
    void readersThatLeaveTooMuchUnreadAreDropped() throws IOException, InterruptedException {
        try (TestServer server =
                new TestServer(config().connections(ConnectionLimits.DEFAULT.withMaxUnreadBytes(64 * 1024))
                        .build())) {
            server.engine.manual();
            Raw deaf = server.raw().post("/generate_stream", "{\"inputs\":\"a\"}");
            FakeInference.Fake fake = server.engine.next();
            String text = "x".repeat(60_000);
            for (int i = 0; i < 1000 && fake.cancelled.getCount() > 0; i++) {
                fake.step(f -> f.token(5, text, -1, false));
                Thread.onSpinWait();
            }
            assertThat(fake.awaitCancel()).isTrue();
            assertThat(server.idle()).isTrue();
            deaf.close();
        }
    }

    /** The same refusals in OpenAI's words. */
    @Test
    void openAiClientsAreToldAsWell() throws InterruptedException {
        ServerConfig one = TestServer.config(new Limits(1, 3, 4, 20, 32, 2048)).toBuilder()
                .timeouts(Timeouts.DEFAULT.withRequest(Duration.ofMillis(200)))
                .build();
        try (TestServer server = new TestServer(one)) {
            server.engine.manual();
            String body = "{\"model\":\"stheno-8m\",\"prompt\":\"a b\",\"max_tokens\":5}";
            CompletableFuture<HttpResponse<String>> running =
                    CompletableFuture.supplyAsync(() -> server.post("/v1/completions", body));
            FakeInference.Fake fake = server.engine.next();
            for (String refusedBody : new String[] {body, body.replace("{", "{\"stream\":true,")}) {
                HttpResponse<String> refused = server.post("/v1/completions", refusedBody);
                assertThat(refused.statusCode()).isEqualTo(429);
                assertThat(refused.headers().firstValue("retry-after")).isPresent();
                assertThat(refused.body())
                        .contains("\"type\":\"rate_limit_error\"", "\"code\":\"rate_limit_exceeded\"");
            }
            assertThat(running.join().statusCode()).isEqualTo(504);
            assertThat(running.join().body()).startsWith("{\"error\":{\"message\":\"Request timed out after 200 ms\"");
            assertThat(fake.awaitCancel()).isTrue();
            HttpResponse<String> large = server.post("/v1/completions", "x".repeat(5000));
            assertThat(large.statusCode()).isEqualTo(413);
            assertThat(large.body()).contains("length limit exceeded").contains("\"type\":\"invalid_request_error\"");
        }
    }
}
