package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.server.TestServer.Raw;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that hold connections without asking for anything, and those that ask for too much at once. */
class HeldConnectionsTest {
    private static final String SMALL = Raw.head("/generate", 14) + "{\"inputs\":\"a\"}";
    private static final Duration SHORT = Duration.ofMillis(150);
    private static final Duration LONG = Duration.ofMinutes(10);

    private static TestServer server(Duration head, Duration idle) {
        return new TestServer(TestServer.config(TestServer.LIMITS).toBuilder()
                .timeouts(Timeouts.DEFAULT.withConnections(head, idle))
                .build());
    }

    private static boolean noConnections(TestServer server) throws InterruptedException {
        return TestServer.eventually(() -> server.server.load().connections() == 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "G", "GET / HTTP/1.1\r\nHost: x\r\n", "PRI * HTTP/2.0\r\n\r\nSM"})
    void connectionsWithoutACompleteHeadAreClosed(String beginning) throws IOException, InterruptedException {
        try (TestServer server = server(SHORT, LONG);
                Raw raw = server.raw()) {
            raw.send(beginning);
            raw.readAll(); // until the server closes
            assertThat(noConnections(server)).isTrue();
        }
    }

    /** One more byte every moment is no sign of life. */
    @Test
    void headersThatTrickleAreNotWaitedFor() throws IOException, InterruptedException {
        try (TestServer server = server(SHORT, LONG);
                Raw raw = server.raw()) {
            raw.send("GET /health HTTP/1.1\r\n");
            AtomicBoolean closed = new AtomicBoolean();
            boolean gone = TestServer.eventually(() -> {
                trickle(raw, closed);
                return closed.get();
            });
            assertThat(gone).isTrue();
            assertThat(noConnections(server)).isTrue();
        }
    }

    private static void trickle(Raw raw, AtomicBoolean closed) {
        try {
            raw.send("X: y\r\n");
            raw.socket().setSoTimeout(1);
            closed.set(raw.socket().getInputStream().read() < 0);
        } catch (SocketTimeoutException e) {
            closed.set(false);
        } catch (IOException e) {
            closed.set(true);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "GET /health HTT"})
    void connectionsThatAskNothingMoreAreClosed(String beginning) throws IOException, InterruptedException {
        try (TestServer server = server(LONG, SHORT);
                Raw raw = server.raw()) {
            raw.send(SMALL);
            raw.readUntil("Paris.\"}");
            raw.send(beginning).readAll();
            assertThat(noConnections(server)).isTrue();
        }
    }

    @Test
    void requestsMayTakeLongerThanConnectionsMayIdle() throws IOException, InterruptedException {
        try (TestServer server = server(SHORT, SHORT);
                Raw raw = server.raw();
                Raw idle = server.raw()) {
            server.engine.manual();
            raw.send(SMALL);
            FakeInference.Fake fake = server.engine.next();
            idle.readAll(); // by then, the other one would have been closed as well
            assertThat(TestServer.eventually(() -> server.server.load().connections() == 1))
                    .isTrue();
            raw.socket().setSoTimeout(300);
            try {
                assertThat(raw.socket().getInputStream().read()).isEqualTo(-2);
            } catch (SocketTimeoutException stillOpen) {
                fake.step(FakeInference::paris);
            }
            assertThat(raw.readUntil("Paris.\"}")).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void connectionsBeyondTheLimitAreClosed() throws IOException, InterruptedException {
        try (TestServer server = new TestServer(TestServer.config(TestServer.LIMITS).toBuilder()
                .connections(ConnectionLimits.DEFAULT.withMaxConnections(3))
                .build())) {
            List<Raw> held = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                held.add(server.raw());
            }
            for (int i = 0; i < 5; i++) {
                try (Raw refused = server.raw()) {
                    assertThat(refused.readAll()).isEmpty();
                }
            }
            assertThat(held.get(2).send(SMALL).readUntil("}")).startsWith("HTTP/1.1 200 ");
            held.removeFirst().close();
            assertThat(TestServer.eventually(() -> server.server.load().connections() == 2))
                    .isTrue();
            held.add(server.raw().send(SMALL));
            assertThat(held.getLast().readUntil("}")).startsWith("HTTP/1.1 200 ");
            for (Raw raw : held) {
                raw.close();
            }
            assertThat(noConnections(server)).isTrue();
        }
    }

    /** HTTP reads nothing more while pipelined requests wait; that somebody left must be noticed all the same. */
    @ParameterizedTest
    @ValueSource(ints = {1, 10, 200})
    void whoLeavesWithManyRequestsInThePipelineIsNoticed(int more) throws IOException, InterruptedException {
        try (TestServer server = new TestServer()) {
            server.engine.manual();
            Raw raw = server.raw().send(SMALL);
            FakeInference.Fake fake = server.engine.next();
            raw.send(SMALL.repeat(more));
            server.get("/health"); // what was sent before is read by now
            raw.close();
            assertThat(fake.awaitCancel()).isTrue();
            assertThat(server.idle()).isTrue();
            assertThat(server.engine.submitted).isEmpty();
        }
    }

    @Test
    void manyRequestsInThePipelineAreAllAnswered() throws IOException {
        try (TestServer server = new TestServer();
                Raw raw = server.raw()) {
            Thread sender = Thread.startVirtualThread(() -> {
                try {
                    raw.send(SMALL.repeat(2000));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            for (int i = 0; i < 2000; i++) {
                assertThat(raw.readUntil("Paris.\"}")).startsWith("HTTP/1.1 200 ");
            }
            assertThat(sender.isInterrupted()).isFalse();
        }
    }

    @Test
    void headsThatAreTooLongAreNamed() throws IOException {
        try (TestServer server = new TestServer()) {
            assertThat(answer(server, "GET /" + "a".repeat(9_000) + " HTTP/1.1\r\nHost: x\r\n\r\n"))
                    .contains(" 414 ")
                    .endsWith(
                            "{\"error\":\"The request line is longer than 8192 bytes\",\"error_type\":\"too_large\"}");
            assertThat(answer(server, "GET / HTTP/1.1\r\nHost: x\r\nX: " + "a".repeat(70_000) + "\r\n\r\n"))
                    .contains(" 431 ")
                    .endsWith("{\"error\":\"The headers are longer than 65536 bytes\",\"error_type\":\"too_large\"}");
            assertThat(answer(server, "GET\r\n\r\n"))
                    .contains(" 400 ")
                    .endsWith("{\"error\":\"This is not an HTTP request\",\"error_type\":\"invalid_request\"}");
        }
    }

    private static String answer(TestServer server, String request) throws IOException {
        try (Raw raw = server.raw()) {
            return raw.send(request).readAll();
        }
    }

    /** As the JDK's client does it: the first request upgrades the connection, with its body; the next is a stream. */
    @Test
    void largeBodiesUpgradeToHttp2() {
        Limits limits = new Limits(8, 3, 4, 20, 32, 32 * 1024 * 1024);
        try (TestServer server = new TestServer(TestServer.config(limits))) {
            String large = "{\"inputs\":\"" + "x".repeat(20_000_000) + "\"}";
            for (int i = 0; i < 2; i++) {
                HttpResponse<String> answer = server.post("/generate", large);
                assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
                assertThat(answer.body()).isEqualTo("{\"generated_text\":\" Paris.\"}");
            }
            HttpResponse<String> refused = server.post("/generate", large.repeat(2));
            assertThat(refused.statusCode()).isEqualTo(413);
            assertThat(server.server.load().bodyBytes()).isZero();
        }
    }
}
