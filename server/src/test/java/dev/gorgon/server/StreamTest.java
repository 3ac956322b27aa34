package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.schedule.FinishReason;
import dev.gorgon.server.TestServer.Raw;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Event streams byte by byte: section 1.8 of the contract. */
class StreamTest {
    private static final String PARIS =
            "data: {\"token\":{\"id\":3681,\"text\":\" Paris\",\"logprob\":-0.0123,\"special\":false,\"skipped\":false},"
                    + "\"generated_text\":null,\"details\":null}\n\n";
    private static final String DOT =
            "data: {\"token\":{\"id\":28723,\"text\":\".\",\"logprob\":-0.21,\"special\":false,\"skipped\":true},"
                    + "\"generated_text\":null,\"details\":null}\n\n";
    private static final String EOS =
            "data: {\"token\":{\"id\":2,\"text\":\"</s>\",\"logprob\":-0.05,\"special\":true,\"skipped\":false},"
                    + "\"generated_text\":\"%s\",\"details\":%s}\n\n";

    @SuppressWarnings("NullAway.Init")
    private TestServer server;

    @BeforeEach
    void start() {
        server = new TestServer(TestServer.config(TestServer.LIMITS).toBuilder()
                .timeouts(TestServer.QUICK)
                .build());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void eventsByteForByte() {
        assertThat(server.stream("").body()).isEqualTo(PARIS + DOT + EOS.formatted(" Paris.", "null"));
        assertThat(server.stream("\"details\":true,\"return_full_text\":true").body())
                .isEqualTo(
                        PARIS
                                + DOT
                                + EOS.formatted(
                                        "one two three Paris.",
                                        "{\"finish_reason\":\"eos_token\",\"prompt_tokens\":4,\"generated_tokens\":3,\"seed\":null}"));
        assertThat(server.stream("\"details\":true,\"do_sample\":true,\"seed\":7")
                        .body())
                .contains("\"generated_tokens\":3,\"seed\":7}}");
    }

    @Test
    void headers() {
        server.engine.addAdapter("a");
        HttpResponse<String> response = server.stream("\"adapter_id\":\"a\"");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("text/event-stream");
        assertThat(response.headers().firstValue("cache-control")).contains("no-cache");
        assertThat(response.headers().firstValue("x-accel-buffering")).contains("no");
        assertThat(response.headers().firstValue("x-compute-type")).contains("gpu+optimized");
        assertThat(response.headers().firstValue("x-compute-characters")).contains("13");
        assertThat(response.headers().firstValue("x-model-id")).contains("stheno-8m");
        assertThat(response.headers().firstValue("x-adapter-id")).contains("a");
        assertThat(response.headers().firstValue("x-adapter-source")).contains("hub");
        assertThat(response.headers().firstValue("x-total-time")).isEmpty();
    }

    @Test
    void compatibleRouteStreamsWhenAsked() {
        String body = "{\"inputs\":\"a\",\"stream\":true}";
        String expected = PARIS + DOT + EOS.formatted(" Paris.", "null");
        assertThat(server.post("/", body).body()).isEqualTo(expected);
        assertThat(server.post("/invocations", body).body()).isEqualTo(expected);
        assertThat(server.post("/generate_stream", "{\"inputs\":\"a\",\"stream\":false}")
                        .body())
                .isEqualTo(expected);
    }

    @Test
    void tokensArriveOneByOneAndAtOnce() throws IOException, InterruptedException {
        server.engine.manual();
        try (Raw raw = server.raw().post("/generate_stream", "{\"inputs\":\"a\"}")) {
            assertThat(raw.readUntil("\r\n\r\n")).startsWith("HTTP/1.1 200 OK\r\n");
            FakeInference.Fake fake = server.engine.next();
            fake.step(f -> f.token(5, "x", -1, false));
            assertThat(raw.readUntil("\n\n")).contains("\"text\":\"x\"");
            fake.step(f -> {
                f.token(6, "y", -1, false);
                f.token(7, "z", -1, true);
            });
            assertThat(raw.readUntil("\n\n")).contains("\"text\":\"y\"");
            assertThat(raw.readUntil("\n\n")).contains("\"text\":\"z\"");
            fake.step(f -> f.finish(FinishReason.LENGTH));
            assertThat(raw.readUntil("0\r\n\r\n"))
                    .contains("{\"id\":7,\"text\":\"\",\"logprob\":-1.0", "\"generated_text\":\"xyz\"");
        }
        assertThat(server.idle()).isTrue();
    }

    @Test
    void lastTokensByLengthAndStopCarryTheText() {
        server.engine.script = fake -> {
            fake.token(5, "ab", -1, false);
            fake.token(6, "c", -1, false);
            fake.finish(FinishReason.STOP_SEQUENCE);
        };
        assertThat(server.stream("\"stop\":[\"bc\"]").body())
                .endsWith("{\"id\":6,\"text\":\"c\",\"logprob\":-1.0,\"special\":false,\"skipped\":false},"
                        + "\"generated_text\":\"abc\",\"details\":null}\n\n")
                .containsOnlyOnce("\"id\":6");
        assertThat(server.stream("\"max_new_tokens\":2").body())
                .endsWith("\"generated_text\":\"abc\",\"details\":null}\n\n")
                .containsOnlyOnce("\"id\":6");
    }

    @Test
    void specialTokensInTheMiddleAreNotLost() {
        server.engine.script = fake -> {
            fake.token(FakeInference.EOS, "</s>", -1, false);
            fake.token(6, "c", -1, false);
            fake.token(FakeInference.EOS, "</s>", -1, false);
            fake.finish(FinishReason.LENGTH);
        };
        assertThat(server.stream("").body().split("\n\n")).hasSize(3);
        assertThat(server.stream("\"ignore_eos_token\":true,\"max_new_tokens\":3")
                        .body()
                        .split("\n\n"))
                .hasSize(3);
    }

    @Test
    void failuresAreEvents() {
        server.engine.script = fake -> {
            fake.token(FakeInference.EOS, "</s>", -1, false);
            fake.fail("the sequence broke");
        };
        assertThat(server.stream("").body())
                .startsWith("data: {\"token\":{\"id\":2")
                .endsWith("data: {\"error\":\"Request failed during generation: Server error: the sequence broke\","
                        + "\"error_type\":\"generation\"}\n\n");
        server.engine.script = fake -> fake.finish(FinishReason.LENGTH);
        assertThat(server.stream("").body())
                .isEqualTo("data: {\"error\":\"Incomplete generation\",\"error_type\":\"incomplete_generation\"}\n\n");
    }

    @Test
    void idleStreamsGetComments() throws IOException, InterruptedException {
        server.engine.manual();
        try (Raw raw = server.raw().post("/generate_stream", "{\"inputs\":\"a\"}")) {
            raw.readUntil("\r\n\r\n");
            FakeInference.Fake fake = server.engine.next();
            assertThat(raw.readUntil("\n\n")).isEqualTo("3\r\n:\n\n");
            assertThat(raw.readUntil("\n\n")).isEqualTo("\r\n3\r\n:\n\n");
            fake.step(FakeInference::paris);
            assertThat(raw.readUntil("0\r\n\r\n")).contains(PARIS.strip());
        }
    }

    @Test
    void busyStreamsGetNone() throws IOException, InterruptedException {
        server.engine.manual();
        try (Raw raw =
                server.raw().post("/generate_stream", "{\"inputs\":\"a\",\"parameters\":{\"max_new_tokens\":20}}")) {
            FakeInference.Fake fake = server.engine.next();
            for (int i = 0; i < 10; i++) {
                fake.step(f -> f.token(5, "x", -1, false));
                Thread.sleep(50);
            }
            fake.step(f -> f.finish(FinishReason.LENGTH));
            assertThat(raw.readUntil("0\r\n\r\n")).doesNotContain("\n:\n");
        }
    }

    @Test
    void tokensOfOneStepTravelTogether() throws IOException, InterruptedException {
        server.engine.manual();
        try (Raw raw =
                server.raw().post("/generate_stream", "{\"inputs\":\"a\",\"parameters\":{\"max_new_tokens\":28}}")) {
            FakeInference.Fake fake = server.engine.next();
            fake.step(f -> {
                for (int i = 0; i < 27; i++) {
                    f.token(5, "x", -1, i > 0);
                }
                f.token(6, "y", -1, true);
                f.finish(FinishReason.LENGTH);
            });
            String all = raw.readUntil("0\r\n\r\n");
            assertThat(all.split("data: ")).hasSize(29);
            // Every write is one chunk; how many there are depends on the race between two threads.
            assertThat(all.split("\r\n[0-9a-f]+\r\n").length).isLessThan(25);
        }
    }

    @Test
    void readersThatStopReadingAreCutOff() throws IOException, InterruptedException {
        server.engine.manual();
        String text = "x".repeat(100_000);
        try (Raw raw = server.raw().post("/generate_stream", "{\"inputs\":\"a\"}")) {
            FakeInference.Fake fake = server.engine.next();
            long give = System.nanoTime() + Duration.ofSeconds(15).toNanos();
            while (fake.cancelled.getCount() > 0 && System.nanoTime() < give) {
                fake.step(f -> f.token(5, text, -1, true));
                Thread.sleep(5);
            }
            assertThat(fake.awaitCancel()).isTrue();
            assertThat(server.idle()).isTrue();
            assertThat(server.get("/metrics").body()).contains("lorax_request_failure{err=\"dropped\"} 1");
            // The connection is gone, although its buffers were never read empty.
            assertThat(TestServer.eventually(() -> isCut(raw))).isTrue();
        }
    }

    private static boolean isCut(Raw raw) {
        try {
            raw.send("x".repeat(10_000));
            return false;
        } catch (IOException cut) {
            return true;
        }
    }
}
