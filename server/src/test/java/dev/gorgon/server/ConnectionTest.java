package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.server.TestServer.Raw;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Admission, bodies, pipelining, start and stop. */
class ConnectionTest {
    private static final String SMALL = TestServer.Raw.head("/generate", 14) + "{\"inputs\":\"a\"}";

    @Test
    void requestsBeyondTheLimitAreRefused() throws IOException, InterruptedException {
        try (TestServer server = new TestServer()) {
            server.engine.manual();
            List<Raw> clients = new ArrayList<>();
            List<FakeInference.Fake> running = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                clients.add(server.raw().send(SMALL));
                running.add(server.engine.next());
            }
            HttpResponse<String> refused = server.generate("\"temperature\":-1");
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.body()).isEqualTo("{\"error\":\"Model is overloaded\",\"error_type\":\"overloaded\"}");
            assertThat(refused.headers().firstValue("retry-after")).contains("1");
            assertThat(server.stream("").body())
                    .isEqualTo("data: {\"error\":\"Model is overloaded\",\"error_type\":\"overloaded\"}\n\n");
            running.get(0).step(FakeInference::paris);
            assertThat(clients.get(0).readUntil("}")).contains(" 200 ");
            // One permit is free: two completions do not fit, and none of them is started.
            assertThat(server.generate("\"best_of\":2,\"do_sample\":true").statusCode())
                    .isEqualTo(429);
            assertThat(server.engine.submitted).isEmpty();
            assertThat(server.server.freePermits()).isEqualTo(1);
            for (Raw client : clients) {
                client.close();
            }
            assertThat(server.idle()).isTrue();
        }
    }

    @Test
    void giantBodiesAreRefused() throws IOException {
        try (TestServer server = new TestServer()) {
            String giant = "{\"inputs\":\"" + "x".repeat(TestServer.LIMITS.maxBodyBytes()) + "\"}";
            HttpResponse<String> response = server.post("/generate", giant);
            assertThat(response.statusCode()).isEqualTo(413);
            assertThat(response.body())
                    .isEqualTo("{\"error\":\"Failed to buffer the request body: length limit exceeded\","
                            + "\"error_type\":\"too_large\"}");
            assertThat(response.headers().firstValue("content-type")).contains("application/json");
            try (Raw raw = server.raw()) {
                raw.send("POST /generate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n");
                for (int i = 0; i < 33; i++) {
                    raw.send("10000\r\n" + "x".repeat(65536) + "\r\n");
                }
                assertThat(raw.readUntil("exceeded")).startsWith("HTTP/1.1 413 ");
            }
            try (Raw raw = server.raw()) {
                raw.send(TestServer.Raw.head("/generate", Long.MAX_VALUE));
                assertThat(raw.readAll()).startsWith("HTTP/1.1 413 ");
            }
            assertThat(server.generate("").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void bodiesJustBelowTheLimitAreRead() {
        try (TestServer server = new TestServer()) {
            int overhead = "{\"inputs\":\"\"}".length();
            String body = "{\"inputs\":\"" + "x".repeat(TestServer.LIMITS.maxBodyBytes() - overhead) + "\"}";
            assertThat(server.post("/generate", body).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void slowBodiesAreRefused() throws IOException {
        try (TestServer server = new TestServer(TestServer.config(TestServer.LIMITS).toBuilder()
                        .timeouts(TestServer.QUICK)
                        .build());
                Raw raw = server.raw()) {
            raw.send(TestServer.Raw.head("/generate", 100) + "{\"inp");
            assertThat(raw.readAll()).startsWith("HTTP/1.1 408 ");
        }
    }

    @Test
    void expectContinue() throws IOException {
        try (TestServer server = new TestServer();
                Raw raw = server.raw()) {
            raw.send("POST /generate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 14\r\n"
                    + "Expect: 100-continue\r\n\r\n");
            assertThat(raw.readUntil("\r\n\r\n")).startsWith("HTTP/1.1 100 ");
            raw.send("{\"inputs\":\"a\"}");
            assertThat(raw.readUntil("}")).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void pipelinedRequestsAreAnsweredInOrder() throws IOException, InterruptedException {
        try (TestServer server = new TestServer();
                Raw raw = server.raw()) {
            raw.send(SMALL + "POST /generate HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                    + TestServer.Raw.head("/generate", 2) + "{}" + TestServer.Raw.head("/generate_stream", 14)
                    + "{\"inputs\":\"a\"}" + "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n" + SMALL);
            assertThat(raw.readUntil("Paris.\"}")).startsWith("HTTP/1.1 200 ");
            assertThat(raw.readUntil("json`")).startsWith("HTTP/1.1 415 ");
            assertThat(raw.readUntil("column 2")).startsWith("HTTP/1.1 422 ");
            assertThat(raw.readUntil("0\r\n\r\n")).startsWith("HTTP/1.1 200 ").contains("text/event-stream");
            assertThat(raw.readUntil("\r\n\r\n")).startsWith("HTTP/1.1 404 ");
            assertThat(raw.readUntil("Paris.\"}")).startsWith("HTTP/1.1 200 ");
            assertThat(server.idle()).isTrue();
        }
    }

    @Test
    void http10ClientsGetAPlainStream() throws IOException {
        for (String extra : new String[] {"", "Connection: keep-alive\r\n"}) {
            try (TestServer server = new TestServer();
                    Raw raw = server.raw()) {
                raw.send("POST /generate_stream HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: 14\r\n"
                        + extra + "\r\n{\"inputs\":\"a\"}");
                assertThat(raw.readAll())
                        .doesNotContain("chunked")
                        .contains("text/event-stream", " Paris")
                        .endsWith("\"details\":null}\n\n");
            }
        }
    }

    @Test
    void garbageInsteadOfHttp() throws IOException {
        try (TestServer server = new TestServer()) {
            for (String garbage : new String[] {
                "\0\1\2\3\r\n\r\n",
                "GET\r\n\r\n",
                "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /" + "a".repeat(100_000) + " HTTP/1.1\r\n\r\n",
                "GET / HTTP/1.1\r\nX: " + "a".repeat(1_000_000) + "\r\n\r\n",
                "POST /generate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: -5\r\n\r\n",
                "POST /generate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
            }) {
                try (Raw raw = server.raw()) {
                    raw.send(garbage);
                    raw.socket().shutdownOutput();
                    raw.readAll();
                } catch (IOException reset) {
                    // a reset is as good an answer
                }
            }
            assertThat(server.generate("").statusCode()).isEqualTo(200);
            assertThat(server.idle()).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aPortInUseIsNamed() {
        try (TestServer server = new TestServer();
                GorgonServer second = new GorgonServer(TestServer.config(TestServer.LIMITS), server.engine)) {
            int port = server.server.port();
            assertThatThrownBy(() -> second.start(port, "127.0.0.1"))
                    .isInstanceOf(ServerException.class)
                    .hasMessageContaining("port " + port + " is already in use");
            assertThatThrownBy(second::port).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void anAddressThatIsNotOursIsNamed() {
        try (FakeInference engine = new FakeInference();
                GorgonServer server = new GorgonServer(TestServer.config(TestServer.LIMITS), engine)) {
            assertThatThrownBy(() -> server.start(0, "192.0.2.1"))
                    .isInstanceOf(ServerException.class)
                    .hasMessageContaining("192.0.2.1");
        }
    }

    @Test
    void closingWaitsForRunningRequests() throws Exception {
        try (TestServer server = new TestServer()) {
            server.engine.manual();
            CompletableFuture<HttpResponse<String>> answer = CompletableFuture.supplyAsync(() -> server.generate(""));
            FakeInference.Fake fake = server.engine.next();
            CompletableFuture<Void> closing = CompletableFuture.runAsync(server.server::close);
            Thread.sleep(300);
            assertThat(closing).isNotDone();
            fake.step(FakeInference::paris);
            assertThat(answer.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
            closing.get(10, TimeUnit.SECONDS);
            server.server.close();
        }
    }

    @Test
    void closingDoesNotWaitForEver() throws Exception {
        Timeouts impatient = new Timeouts(
                TestServer.QUICK.keepAlive(),
                TestServer.QUICK.slowReader(),
                TestServer.QUICK.body(),
                java.time.Duration.ofMillis(300));
        try (TestServer server = new TestServer(TestServer.config(TestServer.LIMITS).toBuilder()
                        .timeouts(impatient)
                        .build());
                Raw raw = server.raw()) {
            server.engine.manual();
            raw.post("/generate_stream", "{\"inputs\":\"a\"}");
            FakeInference.Fake fake = server.engine.next();
            server.server.close();
            assertThat(fake.awaitCancel()).isTrue();
            fake.step(FakeInference::paris);
        }
    }
}
