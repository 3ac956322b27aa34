package dev.gorgon.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.client.error.ConnectionException;
import dev.gorgon.client.error.IncompleteGenerationException;
import dev.gorgon.client.error.NotReadyException;
import dev.gorgon.client.error.OverloadedException;
import dev.gorgon.client.error.RateLimitExceededException;
import dev.gorgon.client.error.RequestInterruptedException;
import dev.gorgon.client.error.RequestTimeoutException;
import dev.gorgon.client.error.UnknownException;
import dev.gorgon.client.error.ValidationException;
import dev.gorgon.client.types.FinishReason;
import dev.gorgon.client.types.GenerateRequest;
import dev.gorgon.client.types.Response;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GenerateTest {
    private static final String SHORT = "{\"generated_text\":\" Paris.\"}";
    private static final String BUSY = "{\"error\":\"Model is overloaded\",\"error_type\":\"overloaded\"}";

    private final FakeServer server = new FakeServer();
    private final ManualTimers timers = new ManualTimers();
    private final Client client =
            Client.builder(server.url() + "/").timers(timers, () -> 0).build();

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void asksAndReads() {
        server.answers(200, """
                {"generated_text":" Paris.","details":{"finish_reason":"eos_token","prompt_tokens":9,"generated_tokens":3,
                 "skipped_tokens":1,"seed":null,"prefill":[{"id":1,"text":"<s>","logprob":null},{"id":5,"text":"a","logprob":-2.5}],
                 "tokens":[{"id":3681,"text":" Paris","logprob":-0.0123,"special":false,"skipped":false,
                            "alternative_tokens":[{"id":3681,"text":" Paris","logprob":-0.0123},{"id":7,"text":"x","logprob":null}]},
                           {"id":2,"text":"</s>","logprob":-0.05,"special":true,"skipped":true}],
                 "best_of_sequences":[{"generated_text":"no","finish_reason":"length","generated_tokens":1,
                            "seed":18446744073709551615,"prefill":[],"tokens":[]}],"unknown":{}},"more":1}""");
        Response response = client.generate("Which city?");
        assertThat(response.generatedText()).isEqualTo(" Paris.");
        var details = response.details().orElseThrow();
        assertThat(details.finishReason()).isEqualTo(FinishReason.EOS_TOKEN);
        assertThat(List.of(details.promptTokens(), details.generatedTokens(), details.skippedTokens()))
                .containsExactly(9, 3, 1);
        assertThat(details.seed()).isEmpty();
        assertThat(details.prefill().getFirst().logprob()).isNaN();
        assertThat(details.prefill().getLast().logprob()).isEqualTo(-2.5f);
        assertThat(details.tokens()).hasSize(2);
        assertThat(details.tokens().getFirst().logprob()).isEqualTo(-0.0123f);
        assertThat(details.tokens().getFirst().alternatives().getLast().text()).isEqualTo("x");
        assertThat(details.tokens().getLast().special()).isTrue();
        assertThat(details.tokens().getLast().skipped()).isTrue();
        var other = details.bestOfSequences().getFirst();
        assertThat(other.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(other.seed()).hasValue(-1L);

        FakeServer.Seen seen = server.seen().getFirst();
        assertThat(seen.method() + " " + seen.path()).isEqualTo("POST /generate");
        assertThat(seen.header("content-type")).isEqualTo("application/json");
        assertThat(seen.headers()).doesNotContainKeys("Authorization", "Upgrade");
        assertThat(seen.body())
                .startsWith("{\"inputs\":\"Which city?\",\"parameters\":{")
                .contains("\"details\":true");
    }

    @Test
    void sendsHeadersAndKey() {
        server.answers(200, SHORT).answers(200, SHORT);
        try (HttpClient shared = HttpClient.newHttpClient()) {
            Client keyed = Client.builder(server.url())
                    .apiKey("secret")
                    .header("X-Tenant", "a")
                    .header("x-tenant", "b")
                    .httpClient(shared)
                    .build();
            keyed.generate("p", "owner/name");
            keyed.close();
            Client.builder(server.url()).httpClient(shared).build().generate("a shared client goes on");
        }
        FakeServer.Seen seen = server.seen().getFirst();
        assertThat(seen.header("authorization")).isEqualTo("Bearer secret");
        assertThat(seen.headers().get("x-tenant")).containsExactly("a", "b");
        assertThat(seen.body()).contains("\"adapter_id\":\"owner/name\"");
    }

    @Test
    void asksForHttp2OnlyWhenTold() {
        server.answers(200, SHORT);
        try (Client modern =
                Client.builder(server.url()).version(HttpClient.Version.HTTP_2).build()) {
            modern.generate("p");
        }
        assertThat(server.seen().getFirst().header("upgrade")).isEqualTo("h2c");
    }

    @Test
    void refusesSettingsThatMakeNoSense() {
        for (String wrong :
                List.of("127.0.0.1:8080", "ftp://host", "http://", "http://u:p@host", "http://host?x=1", "/x")) {
            assertThatThrownBy(() -> Client.of(wrong)).as(wrong).isInstanceOf(IllegalArgumentException.class);
        }
        ClientBuilder builder = Client.builder("http://h");
        assertThatThrownBy(() -> builder.requestTimeout(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.apiKey("a\r\nb: c")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.header("content-length", "1")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void halfACharacterIsNotSent() {
        assertThatThrownBy(() -> client.generate("\ud83d")).isInstanceOf(ValidationException.class);
        assertThat(server.seen()).isEmpty();
        server.answers(200, SHORT);
        client.generate("\ud83d\ude00");
        assertThat(server.seen().getFirst().body()).contains("\ud83d\ude00");
    }

    @Test
    void triesAgainWithGrowingPauses() {
        server.answers(503, "").answers(502, "<html>bad gateway</html>").answers(200, SHORT);
        assertThat(client.generate("p").generatedText()).isEqualTo(" Paris.");
        assertThat(timers.pauses()).containsExactly(Duration.ofMillis(250), Duration.ofMillis(500));
    }

    @Test
    void waitsAsLongAsTheServerAsks() {
        server.answers(429, BUSY, "retry-after", "7").answers(200, SHORT);
        client.generate("p");
        assertThat(timers.pauses()).containsExactly(Duration.ofSeconds(7));
    }

    @Test
    void givesUpWhenItWouldHaveToWaitTooLong() {
        server.answers(429, BUSY, "retry-after", "3600");
        assertThatThrownBy(() -> client.generate("p"))
                .isInstanceOfSatisfying(
                        OverloadedException.class,
                        e -> assertThat(e.retryAfter()).hasValue(Duration.ofHours(1)));
        assertThat(timers.pauses()).isEmpty();
    }

    @Test
    void givesUpAfterTheLastTry() {
        server.answers(429, "slow down")
                .answers(429, "slow down")
                .answers(429, "slow down")
                .answers(200, SHORT);
        assertThatThrownBy(() -> client.generate("p"))
                .isInstanceOf(RateLimitExceededException.class)
                .hasMessage("slow down");
        assertThat(server.seen()).hasSize(3);
    }

    @Test
    void otherFailuresAreReportedAtOnce() {
        server.answers(500, "{\"error\":\"Incomplete generation\",\"error_type\":\"incomplete_generation\"}");
        assertThatThrownBy(() -> client.generate("p")).isInstanceOf(IncompleteGenerationException.class);
        assertThat(timers.pauses()).isEmpty();
        server.answers(503, "");
        Client impatient =
                Client.builder(server.url()).retries(RetryPolicy.none()).build();
        assertThatThrownBy(() -> impatient.generate("p")).isInstanceOf(NotReadyException.class);
        assertThat(server.seen()).hasSize(2);
    }

    @Test
    void theFailureShowsWhoCalled() {
        server.answers(404, "");
        assertThatThrownBy(() -> client.generate("p"))
                .satisfies(e -> assertThat(e.getStackTrace())
                        .anyMatch(frame -> frame.getClassName().equals(GenerateTest.class.getName())));
    }

    @Test
    void nobodyListens() throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        Client lonely = Client.builder("http://127.0.0.1:" + port)
                .timers(timers, () -> 0)
                .retries(RetryPolicy.standard().withMaxRetries(1).withStatuses(Set.of()))
                .build();
        assertThatThrownBy(() -> lonely.generate("p"))
                .isInstanceOf(ConnectionException.class)
                .hasMessageContaining(":" + port);
        assertThat(timers.pauses()).hasSize(1);
    }

    @Test
    void aConnectionThatBreaksIsTriedAgain() {
        server.then(exchange -> {
                    exchange.sendResponseHeaders(200, 100);
                    exchange.getResponseBody().write('{');
                    exchange.getResponseBody().flush();
                })
                .answers(200, SHORT);
        assertThat(client.generate("p").generatedText()).isEqualTo(" Paris.");
    }

    @Test
    void answersThatMakeNoSense() {
        for (String body :
                List.of("", "[]", "{}", "<html>", "{\"generated_text\":1}", "{\"generated_text\":\"x\"} {}")) {
            server.answers(200, body);
            assertThatThrownBy(() -> client.generate("p")).as(body).isInstanceOf(UnknownException.class);
        }
    }

    @Test
    void timeIsLimited() throws InterruptedException {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch gone = new CountDownLatch(1);
        server.then(exchange -> {
            asked.countDown();
            await(gone);
        });
        CompletableFuture<Response> call = client.generateAsync(GenerateRequest.of("p"));
        asked.await();
        timers.pass(Duration.ofSeconds(60));
        assertThatThrownBy(call::get).cause().isInstanceOf(RequestTimeoutException.class);
        gone.countDown();
        assertThat(server.seen()).as("not tried again").hasSize(1);
    }

    @Test
    void cancellingReachesTheServer() throws InterruptedException {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        CountDownLatch noticed = new CountDownLatch(1);
        server.then(exchange -> {
            exchange.sendResponseHeaders(200, 0);
            asked.countDown();
            await(cancelled);
            try {
                while (true) { // nobody reads: sooner or later this fails
                    exchange.getResponseBody().write(new byte[1 << 16]);
                }
            } catch (IOException e) {
                noticed.countDown();
            }
        });
        CompletableFuture<Response> call = client.generateAsync(GenerateRequest.of("p"));
        asked.await();
        call.cancel(true);
        cancelled.countDown();
        noticed.await();
        assertThat(call).isCancelled();
    }

    @Test
    void cancellingBetweenTriesEndsThem() {
        CompletableFuture<Void> pause = new CompletableFuture<>();
        CompletableFuture<Boolean> pausing = new CompletableFuture<>();
        Timers slow = new Timers() {
            @Override
            public CompletableFuture<Void> pause(Duration time) {
                pausing.complete(true);
                return pause;
            }

            @Override
            public CompletableFuture<Void> limit(Duration time) {
                return new CompletableFuture<>();
            }
        };
        server.answers(503, "");
        CompletableFuture<Response> call =
                Client.builder(server.url()).timers(slow, () -> 0).build().generateAsync(GenerateRequest.of("p"));
        pausing.join();
        call.cancel(true);
        assertThatThrownBy(pause::join).isInstanceOf(CancellationException.class);
    }

    @Test
    void anInterruptCancels() throws InterruptedException, ExecutionException {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        server.then(exchange -> {
            asked.countDown();
            await(over);
        });
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                client.generate("p");
            } catch (RuntimeException e) {
                thrown.complete(Thread.currentThread().isInterrupted() ? e : new AssertionError("not interrupted", e));
            }
        });
        asked.await();
        caller.interrupt();
        assertThat(thrown.get()).isInstanceOf(RequestInterruptedException.class);
        over.countDown();
    }

    @Test
    void aClosedClientFails() {
        client.close();
        assertThatThrownBy(() -> client.generate("p")).isInstanceOf(ConnectionException.class);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
