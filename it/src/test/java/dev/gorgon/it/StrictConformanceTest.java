package dev.gorgon.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Numbers 10 to 12 of the conformance list: OpenAI's routes as LoRAX serves them. */
class StrictConformanceTest {
    private static final String WHO = "[INST] Who are you? [/INST]";

    private static Gorgon gorgon;

    @BeforeAll
    static void start() {
        gorgon = Gorgon.serve("--lorax-strict");
    }

    @AfterAll
    static void stop() {
        gorgon.close();
    }

    private static HttpResponse<String> chat(String fields) {
        return gorgon.post(
                "/v1/chat/completions",
                "{\"model\":\"\",\"messages\":[{\"role\":\"user\",\"content\":\"Who are you?\"}]%s}".formatted(fields));
    }

    private static HttpResponse<String> complete(String fields) {
        return gorgon.post("/v1/completions", "{\"model\":\"\",\"prompt\":\"%s\"%s}".formatted(WHO, fields));
    }

    @Test
    void b10ChatsSampleUnlessTheTemperatureIsZero() {
        String zero = chat(",\"temperature\":0.0,\"max_tokens\":12").body();
        assertThat(ConformanceTest.text(
                        Gorgon.json(zero).path("choices").path(0).path("message"), "content"))
                .isEqualTo(ConformanceTest.text(
                        Gorgon.json(chat(",\"temperature\":0.0,\"max_tokens\":12,\"seed\":9")
                                        .body())
                                .path("choices")
                                .path(0)
                                .path("message"),
                        "content"))
                .isNotEmpty();
        List<String> sampled = new ArrayList<>();
        for (int seed = 0; seed < 6; seed++) {
            // a question nobody has answered before, so that the model is not sure
            String body = "{\"model\":\"\",\"messages\":[{\"role\":\"user\",\"content\":\"Blorp zq, or quux?\"}],"
                    + "\"max_tokens\":16,\"seed\":" + seed + "}";
            sampled.add(gorgon.post("/v1/chat/completions", body).body().replaceAll("\"created\":[0-9]+", ""));
        }
        assertThat(sampled.stream().distinct().count()).isGreaterThan(1);
    }

    @Test
    void b11ChatEvents() {
        HttpResponse<String> response = chat(",\"temperature\":0.0,\"max_tokens\":100,\"stream\":true");
        List<JsonNode> events = ConformanceTest.events(response);
        JsonNode last = events.removeLast();
        for (JsonNode event : events) {
            assertThat(ConformanceTest.text(event.path("choices").path(0).path("delta"), "role"))
                    .isEqualTo("assistant");
        }
        assertThat(last.path("choices").path(0).path("delta").size()).isZero();
        assertThat(ConformanceTest.text(last.path("choices").path(0), "finish_reason"))
                .isEqualTo("stop");
        assertThat(last.path("usage").path("completion_tokens").intValue()).isEqualTo(events.size() + 1);
        assertThat(response.body()).endsWith("data: [DONE]\n\n");
    }

    @Test
    void b12CompletionEvents() {
        List<JsonNode> events = ConformanceTest.events(complete(",\"max_tokens\":100,\"stream\":true"));
        JsonNode last = events.removeLast();
        for (JsonNode event : events) {
            assertThat(event.path("usage").path("total_tokens").intValue()).isZero();
        }
        assertThat(ConformanceTest.text(last.path("choices").path(0), "text")).isEmpty();
        List<JsonNode> stopped =
                ConformanceTest.events(complete(",\"max_tokens\":100,\"stream\":true,\"stop\":[\"demonstr\"]"));
        assertThat(ConformanceTest.text(stopped.getLast().path("choices").path(0), "finish_reason"))
                .isEqualTo("content_filter");
    }
}
