package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.gorgon.engine.schedule.GenerationException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Ids of requests, and what is logged for them. */
class RequestIdTest {

    private static final String ID = "x-request-id";

    private final TestServer server = new TestServer();
    private final Logger access = (Logger) LoggerFactory.getLogger("dev.gorgon.access");
    private final Logger requests = (Logger) LoggerFactory.getLogger("dev.gorgon.server.generate.LiveRequest");
    private final ListAppender<ILoggingEvent> log = new ListAppender<>() {
        @Override
        protected void append(ILoggingEvent event) {
            event.prepareForDeferredProcessing(); // notes the context now, not when it is asked for
            super.append(event);
        }
    };

    @BeforeEach
    void listen() {
        log.list = new CopyOnWriteArrayList<>();
        log.start();
        for (Logger logger : List.of(access, requests)) {
            logger.setAdditive(false);
            logger.setLevel(Level.INFO);
            logger.addAppender(log);
        }
    }

    @AfterEach
    void close() {
        server.close();
        for (Logger logger : List.of(access, requests)) {
            logger.detachAppender(log);
        }
        access.setLevel(Level.OFF);
        requests.setLevel(Level.OFF);
    }

    private HttpResponse<String> generate(String id, String parameters) {
        return server.send(server.request("/generate")
                .header("content-type", "application/json")
                .header(ID, id)
                .header("authorization", "Bearer hf_verysecret")
                .POST(HttpRequest.BodyPublishers.ofString(TestServer.body(parameters)))
                .build());
    }

    private ILoggingEvent line() throws InterruptedException {
        assertThat(TestServer.eventually(() -> lines() > 0)).isTrue();
        return log.list.stream()
                .filter(event -> event.getLoggerName().equals("dev.gorgon.access"))
                .findFirst()
                .orElseThrow();
    }

    private long lines() {
        return log.list.stream()
                .filter(event -> event.getLoggerName().equals("dev.gorgon.access"))
                .count();
    }

    private static Map<String, Object> fields(ILoggingEvent event) {
        Map<String, Object> fields = new TreeMap<>();
        event.getKeyValuePairs().forEach(pair -> fields.put(pair.key, pair.value));
        return fields;
    }

    @Test
    void aSaneIdComesBack() {
        String longest = "a".repeat(128);
        for (String id : List.of("abc-123", "~!{}\"", longest)) {
            assertThat(generate(id, "").headers().allValues(ID)).containsExactly(id);
        }
    }

    @Test
    void otherIdsAreReplaced() {
        for (String id : List.of("", "a b", "a".repeat(129), "ünsafe")) {
            assertThat(generate(id, "").headers().allValues(ID))
                    .hasSize(1)
                    .allMatch(fresh -> fresh.matches("[0-9a-f]{32}"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/health", "/metrics", "/info", "/nowhere", "/generate", "/v1/models", "/adapters"})
    void everyRouteEchoes(String path) {
        assertThat(server.send(server.request(path).header(ID, "mine").build())
                        .headers()
                        .allValues(ID))
                .containsExactly("mine");
        assertThat(server.get(path).headers().allValues(ID)).hasSize(1);
    }

    @Test
    void streamsAndRefusalsEcho() {
        for (String path : List.of("/generate_stream", "/generate", "/tokenize")) {
            HttpResponse<String> response = server.send(server.request(path)
                    .header("content-type", "application/json")
                    .header(ID, "mine")
                    .POST(HttpRequest.BodyPublishers.ofString(
                            path.endsWith("stream") ? TestServer.body("") : "no json"))
                    .build());
            assertThat(response.headers().allValues(ID)).containsExactly("mine");
        }
    }

    @Test
    void oneLinePerRequest() throws InterruptedException {
        server.engine.addAdapter("ada");
        server.engine.script = fake -> {
            fake.start(4_000_000, 0, 2);
            FakeInference.paris(fake);
        };
        generate("one", "'adapter_id':'ada'");
        ILoggingEvent line = line();
        assertThat(line.getLevel()).isEqualTo(Level.INFO);
        assertThat(line.getFormattedMessage()).isEqualTo("generated");
        assertThat(line.getMDCPropertyMap()).containsEntry("request_id", "one");
        assertThat(fields(line))
                .containsEntry("route", "/generate")
                .containsEntry("status", 200)
                .containsEntry("adapter", "ada")
                .containsEntry("prompt_tokens", 4)
                .containsEntry("generated_tokens", 3)
                .containsEntry("skipped_tokens", 1)
                .containsEntry("finish_reason", "eos_token")
                .containsKeys("total_ms", "validation_ms", "queue_ms", "first_token_ms", "inference_ms")
                .doesNotContainKeys("failure", "trace_id");
        assertThat(lines()).isEqualTo(1);
        assertThat(line.getKeyValuePairs().toString() + line.getMDCPropertyMap() + line.getFormattedMessage())
                .doesNotContain("secret")
                .doesNotContain("one two")
                .doesNotContain("Paris");
    }

    @Test
    void failuresHaveTheIdEverywhere() throws InterruptedException {
        server.engine.script = fake -> fake.fail(new GenerationException("boom", new IllegalStateException("inner")));
        generate("two", "");
        assertThat(fields(line())).containsEntry("status", 424).containsEntry("failure", "generation");
        assertThat(log.list)
                .hasSize(2)
                .allSatisfy(event -> assertThat(event.getMDCPropertyMap()).containsEntry("request_id", "two"));
    }

    @Test
    void validationFailuresAndThoseWhoLeave() throws Exception {
        generate("three", "'top_k':0");
        assertThat(fields(line())).containsEntry("status", 422).containsEntry("failure", "validation");
        log.list.clear();
        server.engine.manual();
        try (TestServer.Raw raw = server.raw()) {
            raw.post("/generate", TestServer.body(""));
            server.engine.submitted.clear();
            TestServer.eventually(() -> server.server.freePermits() < TestServer.LIMITS.maxConcurrentRequests());
        }
        assertThat(fields(line())).containsEntry("status", 499).containsEntry("failure", "dropped");
    }
}
