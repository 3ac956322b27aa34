package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.adapter.AdapterSlot;
import dev.gorgon.engine.schedule.FinishReason;
import dev.gorgon.server.TestServer.Raw;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that leave at any moment: the generation is cancelled, the permit is free, the next client is served. */
class DisconnectTest {
    @SuppressWarnings("NullAway.Init")
    private TestServer server;

    @BeforeEach
    void start() {
        server = new TestServer();
        server.engine.manual();
    }

    @AfterEach
    void stop() throws InterruptedException {
        server.engine.script = FakeInference::paris;
        // Requests of clients that left may still be on their way in and hold permits for a moment.
        assertThat(TestServer.eventually(() -> server.generate("").statusCode() == 200))
                .isTrue();
        assertThat(server.idle()).isTrue();
        server.close();
    }

    @ParameterizedTest
    @CsvSource({"/generate,false", "/generate,true", "/,false", "/generate_stream,false", "/generate_stream,true"})
    void whileWaitingForTheFirstToken(String path, boolean reset) throws IOException, InterruptedException {
        Raw raw = server.raw().post(path, "{\"inputs\":\"a\"}");
        FakeInference.Fake fake = server.engine.next();
        leave(raw, reset);
        assertThat(fake.awaitCancel()).isTrue();
        fake.step(FakeInference::paris); // events after the cancel harm nobody
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void inTheMiddleOfAStream(boolean reset) throws IOException, InterruptedException {
        Raw raw = server.raw().post("/generate_stream", "{\"inputs\":\"a\"}");
        FakeInference.Fake fake = server.engine.next();
        fake.step(f -> f.token(5, "x", -1, false));
        raw.readUntil("\n\n");
        leave(raw, reset);
        assertThat(fake.awaitCancel()).isTrue();
        fake.step(f -> {
            f.token(6, "y", -1, false);
            f.finish(FinishReason.LENGTH);
        });
    }

    @Test
    void allCompletionsOfBestOfAreCancelled() throws IOException, InterruptedException {
        Raw raw = server.raw().post("/generate", TestServer.body("'best_of':2,'do_sample':true"));
        FakeInference.Fake first = server.engine.next();
        FakeInference.Fake second = server.engine.next();
        first.step(FakeInference::paris);
        leave(raw, true);
        assertThat(first.awaitCancel()).isTrue();
        assertThat(second.awaitCancel()).isTrue();
    }

    @Test
    void whileTheAdapterLoads() throws IOException, InterruptedException {
        CompletableFuture<AdapterSlot> loading = new CompletableFuture<>();
        server.engine.adapters.put("slow", loading);
        for (String path : new String[] {"/generate", "/generate_stream"}) {
            int before = server.engine.adapterRequests.size();
            Raw raw = server.raw().post(path, TestServer.body("'adapter_id':'slow'"));
            assertThat(TestServer.eventually(() -> server.engine.adapterRequests.size() > before))
                    .isTrue();
            leave(raw, false);
            assertThat(server.idle()).isTrue();
        }
        loading.completeExceptionally(new IllegalStateException("late"));
        assertThat(server.engine.submitted).isEmpty();
    }

    @Test
    void beforeTheBodyIsComplete() throws IOException, InterruptedException {
        leave(server.raw().send(TestServer.Raw.head("/generate", 100) + "{\"inp"), false);
        leave(server.raw().send(TestServer.Raw.head("/generate", 100) + "{\"inp"), true);
        leave(server.raw().send("POST /generate HT"), true);
        leave(server.raw(), false);
        assertThat(server.engine.submitted).isEmpty();
    }

    @Test
    void withASecondRequestInThePipeline() throws IOException, InterruptedException {
        String request = TestServer.Raw.head("/generate", 14) + "{\"inputs\":\"a\"}";
        Raw raw = server.raw().send(request + request);
        FakeInference.Fake fake = server.engine.next();
        leave(raw, false);
        assertThat(fake.awaitCancel()).isTrue();
    }

    @Test
    void http2StreamsThatAreReset() throws InterruptedException {
        try (HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
            // The first request upgrades the connection, the second is a stream of its own.
            client.sendAsync(server.request("/health").build(), HttpResponse.BodyHandlers.discarding())
                    .join();
            CompletableFuture<HttpResponse<String>> answer = client.sendAsync(
                    server.request("/generate")
                            .header("content-type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString("{\"inputs\":\"a\"}"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            FakeInference.Fake fake = server.engine.next();
            answer.cancel(true);
            assertThat(fake.awaitCancel()).isTrue();
        }
    }

    @Test
    void manyClientsAtRandomMoments() throws IOException, InterruptedException {
        server.engine.script = fake -> {
            fake.token(5, "x", -1, false);
            FakeInference.paris(fake);
        };
        for (int i = 0; i < 200; i++) {
            Raw raw = server.raw().post(i % 2 == 0 ? "/generate" : "/generate_stream", "{\"inputs\":\"a\"}");
            if (i % 5 == 0) {
                Thread.sleep(i % 3);
            }
            leave(raw, i % 3 == 0);
        }
    }

    private static void leave(Raw raw, boolean reset) throws IOException {
        if (reset) {
            raw.reset();
        } else {
            raw.close();
        }
    }
}
