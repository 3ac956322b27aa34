package dev.gorgon.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * The conformance list of the LoRAX contract (appendix B) against the real program; the numbers are the list's. Numbers 10
 * to 12 are in StrictConformanceTest; 21, 22 and 26 are held by ServedAdaptersTest, LoraParityTest and DisconnectTest; 25, LoRAX's Python client, needs Python.
 */
class ConformanceTest {
    private static final String WHO = "[INST] Who are you? [/INST]";
    private static final String NATALIA =
            "[INST] Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May."
                    + " How many clips did Natalia sell altogether in April and May? [/INST]";
    private static final String VALIDATION = "{\"error\":\"Input validation error: %s\",\"error_type\":\"validation\"}";

    private static Gorgon gorgon;

    @BeforeAll
    static void start() {
        gorgon = Gorgon.serve("--max-concurrent-requests", "2");
    }

    @AfterAll
    static void stop() {
        gorgon.close();
    }

    private static HttpResponse<String> generate(String parameters) {
        return gorgon.post("/generate", Gorgon.body(WHO, parameters));
    }

    private static JsonNode details(String parameters) {
        return gorgon.generate(WHO, parameters).path("details");
    }

    private static List<String> names(JsonNode object) {
        return List.copyOf(object.propertyNames());
    }

    static String text(JsonNode node, String name) {
        return node.path(name).asString();
    }

    static List<JsonNode> events(HttpResponse<String> response) {
        List<JsonNode> events = new ArrayList<>();
        for (String line : response.body().lines().toList()) {
            assertThat(line).matches("|:|data: .*");
            if (line.startsWith("data: {")) {
                events.add(Gorgon.json(line.substring("data: ".length())));
            }
        }
        return events;
    }

    @Test
    void b1AnswersAndHeaders() {
        String body = "{\"inputs\":\"%s\",\"parameters\":{\"max_new_tokens\":3}}".formatted(WHO);
        assertThat(Gorgon.json(gorgon.post("/", body).body())).hasSize(1);
        HttpResponse<String> response = gorgon.post("/generate", body);
        assertThat(Gorgon.json(response.body()).isObject()).isTrue();
        for (String header : List.of(
                "x-compute-time",
                "x-compute-characters",
                "x-total-time",
                "x-prompt-tokens",
                "x-generated-tokens",
                "x-skipped-tokens",
                "x-total-tokens",
                "x-validation-time",
                "x-queue-time",
                "x-inference-time",
                "x-time-per-token",
                "x-time-to-first-token",
                "x-time-per-output-token")) {
            assertThat(response.headers().firstValue(header))
                    .as(header)
                    .get()
                    .asString()
                    .matches("[0-9]+");
        }
        assertThat(response.headers().firstValue("x-compute-type")).hasValue("gpu+optimized");
        assertThat(response.headers().firstValue("x-model-id")).hasValue("stheno-8m");
    }

    @Test
    void b2DetailsOnlyWhenAskedFor() {
        String plain = gorgon.post(
                        "/generate", "{\"inputs\":\"%s\",\"parameters\":{\"max_new_tokens\":3}}".formatted(WHO))
                .body();
        assertThat(names(Gorgon.json(plain))).containsExactly("generated_text");
        JsonNode details = details("\"max_new_tokens\":3");
        assertThat(names(details))
                .containsExactly(
                        "finish_reason",
                        "prompt_tokens",
                        "generated_tokens",
                        "skipped_tokens",
                        "seed",
                        "prefill",
                        "tokens");
        assertThat(details.path("seed").isNull()).isTrue();
        assertThat(details("\"max_new_tokens\":3,\"do_sample\":true")
                        .path("seed")
                        .isNumber())
                .isTrue();
    }

    @Test
    void b3LastEventHasTextAndDetailsAndNothingFollows() {
        HttpResponse<String> response = gorgon.post("/generate_stream", Gorgon.body(WHO, "\"max_new_tokens\":5"));
        List<JsonNode> events = events(response);
        assertThat(response.body()).endsWith("}\n\n").doesNotContain("[DONE]");
        assertThat(names(events.getLast())).containsExactly("token", "generated_text", "details");
        assertThat(events.getLast().path("generated_text").isString()).isTrue();
        assertThat(names(events.getLast().path("details")))
                .containsExactly("finish_reason", "prompt_tokens", "generated_tokens", "seed");
        assertThat(events.getFirst().path("generated_text").isNull()).isTrue();
    }

    @Test
    void b4ValidationIsA422OrAnEvent() {
        String expected = VALIDATION.formatted("`top_k` must be strictly positive");
        HttpResponse<String> plain = generate("\"top_k\":0");
        assertThat(plain.statusCode()).isEqualTo(422);
        assertThat(plain.body()).isEqualTo(expected);
        HttpResponse<String> stream = gorgon.post("/generate_stream", Gorgon.body(WHO, "\"top_k\":0"));
        assertThat(stream.statusCode()).isEqualTo(200);
        assertThat(stream.body()).isEqualTo("data: " + expected + "\n\n");
    }

    @Test
    void b5BodiesAreRefusedAsPlainText() {
        for (String body : List.of("{", "{\"inputs\":1}")) {
            HttpResponse<String> response = gorgon.post("/generate", body);
            assertThat(response.statusCode()).isEqualTo(body.equals("{") ? 400 : 422);
            assertThat(response.headers().firstValue("content-type")).hasValue("text/plain; charset=utf-8");
        }
    }

    @Test
    void b6NoPermitIsA429() {
        HttpResponse<String> response = generate("\"best_of\":2,\"do_sample\":true,\"max_new_tokens\":2");
        assertThat(response.statusCode()).as("two permits are enough").isEqualTo(200);
        try (Gorgon one = Gorgon.serve("--max-concurrent-requests", "1")) {
            HttpResponse<String> refused =
                    one.post("/generate", Gorgon.body(WHO, "\"best_of\":2,\"do_sample\":true,\"max_new_tokens\":2"));
            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.body()).isEqualTo("{\"error\":\"Model is overloaded\",\"error_type\":\"overloaded\"}");
        }
    }

    @Test
    void b7UnknownAdaptersAreA424() {
        HttpResponse<String> response = generate("\"adapter_id\":\"nobody/has-this\"");
        assertThat(response.statusCode()).isEqualTo(424);
        JsonNode error = Gorgon.json(response.body());
        assertThat(text(error, "error")).startsWith("Request failed during generation: Server error: ");
        assertThat(text(error, "error_type")).isEqualTo("generation");
    }

    @Test
    void b8MergesExcludeAdapterIds() {
        assertThat(generate("\"merged_adapters\":{\"ids\":[\"a\"],\"weights\":[1]},\"adapter_id\":\"\"")
                        .body())
                .isEqualTo(VALIDATION.formatted("at most one of `adapter_id` or `adapters` may be provided"));
    }

    @Test
    void b9AdapterHeaders() {
        assertThat(generate("\"max_new_tokens\":1").headers().firstValue("x-adapter-id"))
                .isEmpty();
        assertThat(generate("\"max_new_tokens\":1,\"adapter_id\":\"__base_model__\"")
                        .headers()
                        .firstValue("x-adapter-id"))
                .isEmpty();
        HttpResponse<String> merged =
                generate("\"max_new_tokens\":1,\"merged_adapters\":{\"ids\":[\"stheno-8m-pirate-lora\","
                        + "\"stheno-8m-cheer-lora\"],\"weights\":[0.5,0.5]}");
        assertThat(merged.headers().firstValue("x-adapter-id")).hasValue("stheno-8m-pirate-lora,stheno-8m-cheer-lora");
        assertThat(merged.headers().firstValue("x-adapter-source")).hasValue("hub");
    }

    @Test
    void b13BestOf() {
        assertThat(generate("\"best_of\":2").body())
                .isEqualTo(VALIDATION.formatted("you must use sampling when `best_of` is > 1"));
        assertThat(generate("\"best_of\":2,\"do_sample\":true,\"seed\":1").body())
                .isEqualTo(VALIDATION.formatted("`seed` must not be set when `best_of` > 1"));
        assertThat(generate("\"best_of\":3,\"do_sample\":true").body())
                .isEqualTo(VALIDATION.formatted("`best_of` must be > 0 and <= 2. Given: 3"));
    }

    @Test
    void b14WithoutALimitTheContextIsFilled() {
        try (Gorgon small = Gorgon.serve("--max-total-tokens", "24", "--max-input-length", "20")) {
            JsonNode details = small.generate(WHO, "\"ignore_eos_token\":true").path("details");
            assertThat(text(details, "finish_reason")).isEqualTo("length");
            assertThat(details.path("prompt_tokens").intValue()
                            + details.path("generated_tokens").intValue())
                    .isEqualTo(24);
        }
    }

    /** Tokens and logprobs; how many of them were guessed depends on how fast the machine is just now. */
    private static List<String> chosen(JsonNode details) {
        return details.path("tokens")
                .valueStream()
                .map(token -> token.path("id") + " " + token.path("text") + " " + token.path("logprob"))
                .toList();
    }

    @Test
    void b15TheLimitComesBeforeTheEnd() {
        JsonNode free = details("\"max_new_tokens\":100");
        assertThat(text(free, "finish_reason")).isEqualTo("eos_token");
        JsonNode cut =
                details("\"max_new_tokens\":" + free.path("generated_tokens").intValue());
        assertThat(chosen(cut)).isEqualTo(chosen(free));
        assertThat(text(cut, "finish_reason")).isEqualTo("length");
    }

    @Test
    void b16StopSequencesStayInTheText() {
        JsonNode answer = gorgon.generate(WHO, "\"max_new_tokens\":50,\"stop\":[\"demonstr\"]");
        assertThat(text(answer, "generated_text")).endsWith("demonstr");
        assertThat(text(answer.path("details"), "finish_reason")).isEqualTo("stop_sequence");
    }

    @Test
    void b17PromptDetails() {
        JsonNode details = details("\"max_new_tokens\":2,\"decoder_input_details\":true");
        assertThat(details.path("prefill").size())
                .isEqualTo(details.path("prompt_tokens").intValue());
        assertThat(details.path("prefill").path(0).path("logprob").isNull()).isTrue();
        assertThat(details.path("prefill").path(1).path("logprob").isNumber()).isTrue();
        assertThat(gorgon.post("/generate_stream", Gorgon.body(WHO, "\"decoder_input_details\":true"))
                        .body())
                .contains("`decoder_input_details` == true is not supported when streaming tokens");
    }

    @Test
    void b18Alternatives() {
        for (JsonNode token :
                details("\"max_new_tokens\":4,\"return_k_alternatives\":3").path("tokens")) {
            JsonNode alternatives = token.path("alternative_tokens");
            assertThat(alternatives).hasSize(3);
            assertThat(alternatives.path(0).path("id")).isEqualTo(token.path("id"));
            assertThat(alternatives.path(0).path("logprob").floatValue())
                    .isGreaterThanOrEqualTo(alternatives.path(1).path("logprob").floatValue());
        }
        assertThat(names(details("\"max_new_tokens\":1").path("tokens").path(0)))
                .containsExactly("id", "text", "logprob", "special", "skipped");
        JsonNode filtered = details("\"max_new_tokens\":1,\"return_k_alternatives\":3,\"top_k\":1,\"do_sample\":true");
        assertThat(filtered.path("tokens")
                        .path(0)
                        .path("alternative_tokens")
                        .path(2)
                        .path("logprob")
                        .isNull())
                .isTrue();
    }

    @Test
    void b19SkippedTokens() {
        JsonNode drafted = gorgon.generate(NATALIA, "\"max_new_tokens\":64").path("details");
        int skipped = 0;
        for (JsonNode token : drafted.path("tokens")) {
            skipped += token.path("skipped").booleanValue() ? 1 : 0;
        }
        assertThat(drafted.path("tokens").path(0).path("skipped").booleanValue())
                .isFalse();
        assertThat(drafted.path("skipped_tokens").intValue()).isEqualTo(skipped).isPositive();
        JsonNode plain = gorgon.generate(NATALIA, "\"max_new_tokens\":64,\"speculative_tokens\":0")
                .path("details");
        assertThat(ids(plain)).isEqualTo(ids(drafted));
    }

    @Test
    void b20LorasAreDraftedForAndStayTheSame() {
        String lora = "\"max_new_tokens\":40,\"adapter_id\":\"stheno-8m-pirate-lora\"";
        JsonNode drafted = details(lora);
        assertThat(drafted.path("skipped_tokens").intValue()).isPositive();
        assertThat(ids(drafted)).isEqualTo(ids(details(lora + ",\"speculative_tokens\":0")));
    }

    private static List<Integer> ids(JsonNode details) {
        List<Integer> ids = new ArrayList<>();
        details.path("tokens").forEach(token -> ids.add(token.path("id").intValue()));
        return ids;
    }

    @Test
    void b23Status() {
        assertThat(names(Gorgon.json(gorgon.get("/info").body())))
                .startsWith(
                        "model_id",
                        "model_sha",
                        "model_dtype",
                        "model_device_type",
                        "model_pipeline_tag",
                        "max_concurrent_requests",
                        "max_best_of",
                        "max_stop_sequences",
                        "max_input_length",
                        "max_total_tokens",
                        "waiting_served_ratio",
                        "max_batch_total_tokens",
                        "max_waiting_tokens",
                        "validation_workers",
                        "eager_prefill",
                        "version",
                        "sha",
                        "docker_label",
                        "request_logger_url");
        for (String path : List.of("/health", "/ping", "/", "/startup")) {
            assertThat(gorgon.get(path).statusCode()).as(path).isEqualTo(200);
            assertThat(gorgon.get(path).body()).isEmpty();
        }
        assertThat(gorgon.post("/invocations", Gorgon.body(WHO, "\"max_new_tokens\":1"))
                        .body())
                .startsWith("[{");
    }

    @Test
    void b24Metrics() {
        generate("\"max_new_tokens\":1");
        assertThat(gorgon.get("/metrics").body())
                .contains("lorax_request_count", "lorax_request_duration_bucket", "lorax_request_input_length_bucket");
    }

    @Test
    void b27Tokenize() {
        JsonNode all =
                Gorgon.json(gorgon.post("/tokenize", "{\"inputs\":\"é b\"}").body());
        JsonNode bare = Gorgon.json(gorgon.post("/tokenize", "{\"inputs\":\"é b\",\"add_special_tokens\":false}")
                .body());
        assertThat(all.size()).isEqualTo(bare.size() + 1);
        assertThat(bare.path(bare.size() - 1).path("stop").intValue())
                .as("characters, not bytes")
                .isEqualTo(3);
        assertThat(names(bare.path(0))).containsExactly("id", "text", "start", "stop");
    }

    @Test
    void b28NumbersAreThirtyTwoBitFloats() {
        for (JsonNode token : details("\"max_new_tokens\":8").path("tokens")) {
            double logprob = token.path("logprob").doubleValue();
            assertThat(Double.toString(logprob)).isEqualTo(Float.toString((float) logprob));
        }
    }
}
