package dev.gorgon.train.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.gorgon.train.data.Message;
import dev.gorgon.train.distill.AnswerException.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The client of other servers against one that misbehaves. */
class ServerAnswererTest {

    private static final List<Message> QUESTION = List.of(new Message("system", "S"), new Message("user", "Q\n\"é"));
    private static final String GOOD =
            "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\" Yes. \"},\"finish_reason\":\"stop\"}],"
                    + "\"usage\":{\"completion_tokens\":5}}";

    /** How the server treats a request. */
    private interface Manner {
        void answer(HttpExchange exchange) throws IOException;
    }

    private HttpServer server;
    /** For each request the next one; the last for all others. */
    private final List<Manner> manners = Collections.synchronizedList(new ArrayList<>());

    private final List<String> bodies = Collections.synchronizedList(new ArrayList<>());
    private final List<String> keys = Collections.synchronizedList(new ArrayList<>());

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/v1/chat/completions", this::answer);
        server.createContext("/v1/models", exchange -> {
            try (exchange) {
                reply(exchange, 200, "{\"data\":[{\"id\":\"first\"},{\"id\":\"second\"}]}");
            }
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) {
        try (exchange) {
            bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            keys.add(String.valueOf(exchange.getRequestHeaders().getFirst("authorization")));
            Manner manner = manners.size() > 1 ? manners.removeFirst() : manners.getFirst();
            manner.answer(exchange);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void reply(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private static Manner with(int status, String body) {
        return exchange -> reply(exchange, status, body);
    }

    private ChatServer at(String key, Duration timeout) {
        return ChatServer.of("http://127.0.0.1:" + server.getAddress().getPort(), key, timeout);
    }

    private Answer ask(ChatServer where, AnswerSettings settings, int retries)
            throws AnswerException, InterruptedException {
        try (ServerAnswerer answerer = new ServerAnswerer(where, "model", settings)) {
            return new Retrying(answerer, retries, Duration.ofMillis(1)).answer(QUESTION, 77);
        }
    }

    private Answer ask(int retries) throws AnswerException, InterruptedException {
        return ask(at("", Duration.ofSeconds(20)), new AnswerSettings(9, 0, 1), retries);
    }

    @Test
    void whatIsSentAndRead() throws Exception {
        manners.add(with(200, GOOD));
        assertThat(ask(0)).isEqualTo(new Answer("Yes.", false, 5));
        JsonNode greedy = JsonMapper.shared().readTree(bodies.getFirst());
        assertThat(greedy).isEqualTo(JsonMapper.shared().readTree("""
                {"model":"model","messages":[{"role":"system","content":"S"},{"role":"user","content":"Q\\n\\"é"}],
                "max_tokens":9,"temperature":0.0,"stream":false}"""));
        assertThat(keys).containsExactly("null");

        ask(at(" secret ", Duration.ofSeconds(20)), new AnswerSettings(9, 0.5f, 0.75f), 0);
        JsonNode sampled = JsonMapper.shared().readTree(bodies.get(1));
        assertThat(sampled.path("seed").asInt(0)).isEqualTo(77);
        assertThat(sampled.path("temperature").asDouble(0)).isEqualTo(0.5);
        assertThat(sampled.path("top_p").asDouble(0)).isEqualTo(0.75);
        assertThat(keys.get(1)).isEqualTo("Bearer secret");
    }

    @Test
    void aCutAnswerIsSeen() throws Exception {
        manners.add(with(200, GOOD.replace("\"stop\"", "\"length\"")));
        assertThat(ask(0).cut()).isTrue();
        manners.set(0, with(200, "{\"choices\":[{\"message\":{\"content\":null}}]}"));
        assertThat(ask(0)).isEqualTo(new Answer("", false, 0));
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 500, 502, 503, 504, 408})
    void passingRefusalsAreRetried(int status) throws Exception {
        manners.addAll(List.of(with(status, "busy"), with(status, ""), with(200, GOOD)));
        assertThat(ask(2).text()).isEqualTo("Yes.");
        assertThat(bodies).hasSize(3);
    }

    @Test
    void retriesEnd() {
        manners.add(with(503, "{\"error\":\"over\nloaded\"}"));
        assertThatThrownBy(() -> ask(3))
                .isInstanceOfSatisfying(
                        AnswerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PASSING))
                .hasMessageContaining("answers 503: {\"error\":\"over loaded\"}")
                .hasMessageContaining("after 4 attempts");
        assertThat(bodies).hasSize(4);
    }

    @ParameterizedTest
    @CsvSource({
        "400,REFUSED,some reason",
        "422,REFUSED,some reason",
        "400,TOO_LONG,context_length_exceeded",
        "401,FATAL,some reason",
        "403,FATAL,some reason",
        "404,FATAL,some reason",
        "302,FATAL,some reason"
    })
    void otherRefusalsAreNot(int status, Kind kind, String body) {
        manners.add(with(status, body));
        assertThatThrownBy(() -> ask(5))
                .isInstanceOfSatisfying(
                        AnswerException.class, e -> assertThat(e.kind()).isEqualTo(kind))
                .hasMessageContaining("answers " + status + ": " + body);
        assertThat(bodies).hasSize(1);
    }

    @Test
    void brokenAnswersAreRetried() throws Exception {
        manners.add(with(200, "<html>proxy</html>"));
        manners.add(with(200, "{}"));
        manners.add(with(200, "{\"choices\":[{\"mess"));
        manners.add(exchange -> exchange.close());
        manners.add(exchange -> {
            exchange.sendResponseHeaders(200, 10_000);
            exchange.getResponseBody().write(GOOD.getBytes(StandardCharsets.UTF_8));
            exchange.getResponseBody().flush();
            throw new IOException("breaks off");
        });
        manners.add(with(200, GOOD));
        assertThat(ask(5).text()).isEqualTo("Yes.");
        assertThat(bodies).hasSizeGreaterThanOrEqualTo(6);
    }

    @Test
    void endlessAnswersAreNotRead() {
        manners.add(exchange -> {
            exchange.sendResponseHeaders(200, 0);
            byte[] much = new byte[1 << 20];
            for (int i = 0; i < 64; i++) {
                exchange.getResponseBody().write(much);
            }
        });
        assertThatThrownBy(() -> ask(0)).isInstanceOf(AnswerException.class);
    }

    /** Neither a server that says nothing nor one that stops in the middle holds a conversation for ever. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void timeouts(boolean headerFirst) {
        CountDownLatch end = new CountDownLatch(1);
        manners.add(exchange -> {
            if (headerFirst) {
                exchange.sendResponseHeaders(200, 1000);
                exchange.getResponseBody().write('{');
                exchange.getResponseBody().flush();
            }
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            assertThatThrownBy(() -> ask(at("", Duration.ofMillis(300)), new AnswerSettings(1, 0, 1), 1))
                    .isInstanceOf(AnswerException.class)
                    .hasMessageContaining("no answer from")
                    .hasMessageContaining("after 2 attempts");
        } finally {
            end.countDown();
        }
    }

    @Test
    void aServerThatIsNotThereIsAwaited() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        ChatServer nobody = ChatServer.of("http://127.0.0.1:" + port + "/v1/", "", Duration.ofSeconds(5));
        assertThatThrownBy(() -> ask(nobody, new AnswerSettings(1, 0, 1), 2))
                .isInstanceOfSatisfying(
                        AnswerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PASSING))
                .hasMessageContaining("after 3 attempts");
    }

    @Test
    void retryAfterIsHonoured() throws Exception {
        long start = System.nanoTime();
        manners.add(exchange -> {
            exchange.getResponseHeaders().add("retry-after", "0.2");
            reply(exchange, 429, "");
        });
        String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                ZonedDateTime.now(ZoneOffset.UTC).minusSeconds(5));
        manners.add(exchange -> {
            exchange.getResponseHeaders().add("retry-after", date);
            reply(exchange, 503, "");
        });
        manners.add(exchange -> {
            exchange.getResponseHeaders().add("retry-after", "soon");
            reply(exchange, 503, "");
        });
        manners.add(with(200, GOOD));
        assertThat(ask(3).text()).isEqualTo("Yes.");
        // never sooner than asked for; how much later is the machine's affair
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(200_000_000L);
    }

    @Test
    void theFirstModelIsTaken() throws Exception {
        assertThat(ServerAnswerer.firstModel(at("", Duration.ofSeconds(5)))).contains("first");
        server.removeContext("/v1/models");
        assertThat(ServerAnswerer.firstModel(at("", Duration.ofSeconds(5)))).isEqualTo(Optional.empty());
    }

    @Test
    void addresses() {
        for (String url : List.of("http://a:1", "http://a:1/", "http://a:1/v1", "http://a:1/v1/chat/completions")) {
            assertThat(ChatServer.of(url, "key", Duration.ofSeconds(1)).toString())
                    .isEqualTo("http://a:1/v1");
        }
        for (String url : List.of("a:1", "localhost", "file:///x", "http://", "http://a b")) {
            assertThatThrownBy(() -> ChatServer.of(url, "", Duration.ofSeconds(1)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
