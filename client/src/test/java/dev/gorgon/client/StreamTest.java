package dev.gorgon.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.client.error.BrokenStreamException;
import dev.gorgon.client.error.GenerationException;
import dev.gorgon.client.error.NotFoundException;
import dev.gorgon.client.error.OverloadedException;
import dev.gorgon.client.error.RequestInterruptedException;
import dev.gorgon.client.error.RequestTimeoutException;
import dev.gorgon.client.error.UnknownException;
import dev.gorgon.client.error.ValidationException;
import dev.gorgon.client.types.GenerateRequest;
import dev.gorgon.client.types.StreamResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StreamTest {
    private static final GenerateRequest REQUEST = GenerateRequest.of("p");
    private static final Duration IDLE = Duration.ofSeconds(17);

    private final FakeServer server = new FakeServer();
    private final ManualTimers timers = new ManualTimers();
    private final Client client = Client.builder(server.url())
            .timers(timers, () -> 0)
            .idleTimeout(IDLE)
            .build();

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    private static String texts(Iterable<StreamResponse> stream) {
        StringBuilder texts = new StringBuilder();
        stream.forEach(event -> texts.append(event.token().text()));
        return texts.toString();
    }

    @Test
    void tokensThenTheText() {
        server.streams(
                ": hello\n\n" + Events.token(5, " Par") + ":\n\n" + Events.token(6, "is") + Events.last(2, " Paris"));
        List<StreamResponse> events = new ArrayList<>();
        try (TokenStream stream = client.generateStream(REQUEST)) {
            stream.forEach(events::add);
        }
        assertThat(events).hasSize(3);
        assertThat(events.getFirst().token().logprob()).isEqualTo(-0.5f);
        assertThat(events.getFirst().isLast()).isFalse();
        assertThat(events.getFirst().details()).isEmpty();
        StreamResponse last = events.getLast();
        assertThat(last.isLast()).isTrue();
        assertThat(last.generatedText()).hasValue(" Paris");
        assertThat(last.token().special()).isTrue();
        assertThat(last.details().orElseThrow().generatedTokens()).isEqualTo(3);
        assertThat(last.details().orElseThrow().seed()).hasValue(-1L);
        FakeServer.Seen seen = server.seen().getFirst();
        assertThat(seen.path()).isEqualTo("/generate_stream");
        assertThat(seen.header("accept")).isEqualTo("text/event-stream");
    }

    @Test
    void bytesArriveOneByOne() {
        server.then(exchange -> {
            OutputStream body = FakeServer.events(exchange);
            for (byte next : (Events.token(5, "é😀") + Events.last(2, "é😀")).getBytes(StandardCharsets.UTF_8)) {
                body.write(next);
                body.flush();
            }
            body.close();
        });
        assertThat(texts(client.generateStream(REQUEST))).isEqualTo("é😀</s>");
    }

    @Test
    void aTerminatorDoesNoHarm() {
        server.streams(Events.token(5, "a") + Events.last(2, "a") + "data: [DONE]\n\n")
                .streams("data:[DONE]\n\n");
        assertThat(texts(client.generateStream(REQUEST))).isEqualTo("a</s>");
        assertThat(client.generateStream(REQUEST)).isEmpty();
    }

    @Test
    void iteratorsPassOnce() {
        server.streams(Events.token(5, "a") + Events.last(2, "a"));
        TokenStream stream = client.generateStream(REQUEST);
        Iterator<StreamResponse> tokens = stream.iterator();
        assertThat(tokens.next().token().text()).isEqualTo("a");
        assertThat(stream).hasSize(1);
        assertThat(stream).isEmpty();
        assertThatThrownBy(tokens::next).isInstanceOf(NoSuchElementException.class);
    }

    @Test
    void errorsBeforeTheFirstToken() {
        server.streams(Events.error("Input validation error: `top_k` must be strictly positive", "validation"))
                .answers(404, "");
        assertThatThrownBy(() -> client.generateStream(REQUEST))
                .isInstanceOf(ValidationException.class)
                .hasMessageContaining("top_k");
        assertThatThrownBy(() -> client.generateStream(REQUEST)).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> client.generateStream(
                        GenerateRequest.builder("p").decoderInputDetails(true).build()))
                .isInstanceOf(ValidationException.class);
        assertThat(server.seen()).hasSize(2);
    }

    @Test
    void errorsInBetween() {
        server.streams(Events.token(5, "a") + Events.error("Request failed during generation: x", "generation"));
        Iterator<StreamResponse> tokens = client.generateStream(REQUEST).iterator();
        assertThat(tokens.next().token().text()).isEqualTo("a");
        assertThatThrownBy(tokens::hasNext).isInstanceOf(GenerationException.class);
        assertThat(tokens.hasNext()).isFalse();
    }

    /** LoRAX answers 200 and says in the first event that it is overloaded; nothing was delivered by then. */
    @Test
    void overloadInTheFirstEventIsTriedAgain() {
        server.streams(Events.error("Model is overloaded", "overloaded"))
                .answers(503, "")
                .streams(Events.token(5, "a") + Events.last(2, "a"));
        assertThat(texts(client.generateStream(REQUEST))).isEqualTo("a</s>");
        assertThat(timers.pauses()).containsExactly(Duration.ofMillis(250), Duration.ofMillis(500));
    }

    @Test
    void whatWasDeliveredInPartIsNotTriedAgain() {
        server.streams(Events.token(5, "a") + Events.error("Model is overloaded", "overloaded"));
        Iterator<StreamResponse> tokens = client.generateStream(REQUEST).iterator();
        tokens.next();
        assertThatThrownBy(tokens::next).isInstanceOf(OverloadedException.class);
        assertThat(server.seen()).hasSize(1);
        assertThat(timers.pauses()).isEmpty();
    }

    @Test
    void streamsThatBreakOff() {
        server.breaksAfter(Events.token(5, "a"))
                .breaksAfter(Events.token(5, "a") + "data: {\"tok")
                .streams(Events.token(5, "a"));
        for (int i = 0; i < 3; i++) {
            Iterator<StreamResponse> tokens = client.generateStream(REQUEST).iterator();
            assertThat(tokens.next().token().text()).isEqualTo("a");
            assertThatThrownBy(tokens::hasNext).isInstanceOf(BrokenStreamException.class);
        }
        server.streams("");
        assertThatThrownBy(() -> client.generateStream(REQUEST)).isInstanceOf(BrokenStreamException.class);
    }

    @Test
    void eventsThatMakeNoSense() {
        for (String event : List.of("data: {\n\n", "data: []\n\n", "data: {\"token\":1}\n\n", "data: {\"x\":1}\n\n")) {
            server.streams(event);
            assertThatThrownBy(() -> client.generateStream(REQUEST)).isInstanceOf(UnknownException.class);
        }
        server.answers(200, "{\"generated_text\":\"x\"}");
        assertThatThrownBy(() -> client.generateStream(REQUEST))
                .isInstanceOf(UnknownException.class)
                .hasMessageContaining("expected a stream");
    }

    @Test
    void closingReachesTheServer() throws InterruptedException {
        CountDownLatch noticed = new CountDownLatch(1);
        server.then(endless(noticed));
        try (TokenStream stream = client.generateStream(REQUEST)) {
            assertThat(stream.iterator().next().token().text()).isEqualTo("a");
        }
        noticed.await();
    }

    /** Writes tokens until somebody closes the connection. */
    private static FakeServer.Answer endless(CountDownLatch noticed) {
        return exchange -> {
            OutputStream body = FakeServer.events(exchange);
            byte[] token = Events.token(5, "a").getBytes(StandardCharsets.UTF_8);
            try {
                while (true) {
                    body.write(token);
                }
            } catch (IOException e) {
                noticed.countDown();
            }
        };
    }

    @Test
    void closingFromAnotherThreadEndsTheIteration() throws InterruptedException {
        CountDownLatch over = new CountDownLatch(1);
        server.then(exchange -> {
            OutputStream body = FakeServer.events(exchange);
            body.write(Events.token(5, "a").getBytes(StandardCharsets.UTF_8));
            body.flush();
            await(over);
        });
        TokenStream stream = client.generateStream(REQUEST);
        CompletableFuture<String> read = CompletableFuture.supplyAsync(() -> texts(stream));
        stream.close();
        assertThat(read.join()).isIn("", "a");
        over.countDown();
    }

    @Test
    void silenceIsLimited() {
        CountDownLatch over = new CountDownLatch(1);
        server.then(exchange -> {
            OutputStream body = FakeServer.events(exchange);
            body.write(Events.token(5, "a").getBytes(StandardCharsets.UTF_8));
            body.flush();
            await(over);
        });
        Iterator<StreamResponse> tokens = client.generateStream(REQUEST).iterator();
        tokens.next();
        int before = timers.limits().size();
        CompletableFuture<Boolean> more = CompletableFuture.supplyAsync(tokens::hasNext);
        while (timers.limits().size() == before) {
            Thread.onSpinWait();
        }
        timers.pass(IDLE);
        assertThatThrownBy(more::join).cause().isInstanceOf(RequestTimeoutException.class);
        over.countDown();
    }

    @Test
    void anInterruptClosesTheStream() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        CountDownLatch reading = new CountDownLatch(1);
        server.then(exchange -> {
            OutputStream body = FakeServer.events(exchange);
            body.write(Events.token(5, "a").getBytes(StandardCharsets.UTF_8));
            body.flush();
            await(over);
        });
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        Thread reader = Thread.ofVirtual().start(() -> {
            Iterator<StreamResponse> tokens = client.generateStream(REQUEST).iterator();
            tokens.next();
            reading.countDown();
            try {
                tokens.next();
            } catch (RuntimeException e) {
                thrown.complete(e);
            }
        });
        reading.await();
        reader.interrupt();
        assertThat(thrown.get()).isInstanceOf(RequestInterruptedException.class);
        over.countDown();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
