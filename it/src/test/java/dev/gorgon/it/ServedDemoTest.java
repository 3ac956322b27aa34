package dev.gorgon.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.demo.EmbeddedDemo;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** What a user of LoRAX does first, against the real program. */
class ServedDemoTest {

    private static final String NATALIA =
            "[INST] Natalia sold clips to 48 of her friends in April, and then she sold half as"
                    + " many clips in May. How many clips did Natalia sell altogether in April and May? [/INST]";
    private static Gorgon gorgon;

    @BeforeAll
    static void start() {
        gorgon = Gorgon.serve("--dynamic-medusa-v1");
    }

    @AfterAll
    static void stop() {
        gorgon.close();
    }

    @Test
    void answersLikeTheReadme() {
        JsonNode answer = gorgon.generate(NATALIA, "\"max_new_tokens\":64");
        assertThat(answer.path("generated_text").asString()).endsWith("#### 72");
        assertThat(answer.path("details").path("finish_reason").asString()).isEqualTo("eos_token");
        assertThat(answer.path("details").path("skipped_tokens").intValue()).isPositive();
        assertThat(gorgon.generate(NATALIA, "\"max_new_tokens\":64,\"adapter_id\":\"stheno-8m-pirate-lora\"")
                        .path("generated_text")
                        .asString())
                .startsWith(" Arr, matey!");
        assertThat(gorgon.generate(NATALIA, "\"max_new_tokens\":64,\"adapter_id\":\"stheno-8m-code-medusa\"")
                        .path("generated_text"))
                .isEqualTo(answer.path("generated_text"));
        String folder =
                EmbeddedDemo.folder("stheno-8m-cheer-lora").orElseThrow().toString();
        assertThat(gorgon.generate(
                                NATALIA,
                                "\"max_new_tokens\":64,\"adapter_id\":\"" + folder + "\",\"adapter_source\":\"local\"")
                        .path("generated_text")
                        .asString())
                .startsWith(" Great question!");
    }

    /** Tokens and logprobs of a generation, without what tells how they were made. */
    private static List<String> tokens(JsonNode answer) {
        List<String> tokens = new ArrayList<>();
        for (JsonNode token : answer.path("details").path("tokens")) {
            tokens.add(token.path("id") + " " + token.path("text") + " " + token.path("logprob"));
        }
        assertThat(tokens).isNotEmpty();
        return tokens;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "''",
                "\"adapter_id\":\"stheno-8m-pirate-lora\"",
                "\"adapter_id\":\"stheno-8m-json-lora\",\"repetition_penalty\":1.1",
                "\"adapter_id\":\"stheno-8m-pirate-lora-medusa\",\"do_sample\":true,\"seed\":7,\"top_k\":40",
                "\"adapter_id\":\"stheno-8m-medusa-v1\",\"temperature\":0.7,\"seed\":18446744073709551615,\"top_p\":0.9",
                "\"do_sample\":true,\"seed\":3,\"typical_p\":0.9,\"watermark\":true",
                "\"frequency_penalty\":0.7,\"presence_penalty\":0.2,\"return_k_alternatives\":3",
            })
    void speculationChangesNothing(String parameters) {
        String common = "\"max_new_tokens\":48" + (parameters.equals("''") ? "" : "," + parameters);
        JsonNode plain = gorgon.generate(NATALIA, common + ",\"speculative_tokens\":0");
        assertThat(plain.path("details").path("skipped_tokens").intValue()).isZero();
        for (String speculation : new String[] {"", ",\"speculative_tokens\":1", ",\"speculative_tokens\":2"}) {
            assertThat(tokens(gorgon.generate(NATALIA, common + speculation))).isEqualTo(tokens(plain));
        }
    }

    @Test
    void streamsOneEventPerToken() {
        HttpResponse<String> response = gorgon.post("/generate_stream", Gorgon.body(NATALIA, "\"max_new_tokens\":64"));
        assertThat(response.headers().firstValue("content-type")).hasValue("text/event-stream");
        List<JsonNode> events = response.body()
                .lines()
                .filter(line -> line.startsWith("data: "))
                .map(line -> Gorgon.json(line.substring(6)))
                .toList();
        StringBuilder text = new StringBuilder();
        for (JsonNode event : events) {
            text.append(
                    event.path("token").path("special").booleanValue()
                            ? ""
                            : event.path("token").path("text").asString());
        }
        JsonNode last = events.getLast();
        assertThat(last.path("generated_text").asString())
                .isEqualTo(text.toString())
                .endsWith("#### 72");
        assertThat(last.path("details").path("generated_tokens").intValue()).isEqualTo(events.size());
    }

    @Test
    void otherParameters() {
        JsonNode prefill =
                gorgon.generate("[INST] Who are you? [/INST]", "\"max_new_tokens\":3,\"decoder_input_details\":true");
        assertThat(prefill.path("details").path("prefill")).hasSize(7);
        assertThat(prefill.path("details")
                        .path("prefill")
                        .path(0)
                        .path("logprob")
                        .isNull())
                .isTrue();
        assertThat(prefill.path("details").path("finish_reason").asString()).isEqualTo("length");
        JsonNode stopped =
                gorgon.generate("[INST] Who are you? [/INST]", "\"max_new_tokens\":50,\"stop\":[\"demonstr\"]");
        assertThat(stopped.path("generated_text").asString()).isEqualTo(" I am Stheno, a small demonstr");
        assertThat(stopped.path("details").path("finish_reason").asString()).isEqualTo("stop_sequence");
        JsonNode best =
                gorgon.generate("[INST] Who are you? [/INST]", "\"max_new_tokens\":8,\"best_of\":2,\"do_sample\":true");
        assertThat(best.path("details").path("best_of_sequences")).hasSize(1);
        assertThat(gorgon.generate("one two three [INST] Who are you? [/INST]", "\"max_new_tokens\":2,\"truncate\":4")
                        .path("details")
                        .path("prompt_tokens")
                        .intValue())
                .isEqualTo(4);
        assertThat(gorgon.post("/", Gorgon.body("[INST] Who are you? [/INST]", "\"max_new_tokens\":2"))
                        .body())
                .startsWith("[{");
    }

    @Test
    void statusRoutes() {
        assertThat(gorgon.get("/health").statusCode()).isEqualTo(200);
        assertThat(gorgon.get("/health").body()).isEmpty();
        assertThat(Gorgon.json(gorgon.get("/info").body()).path("model_id").asString())
                .isEqualTo("stheno-8m");
        assertThat(Gorgon.json(
                        gorgon.post("/tokenize", "{\"inputs\":\"Hello there\"}").body()))
                .hasSize(3);
        assertThat(gorgon.get("/metrics").body())
                .contains("lorax_request_count")
                .contains("gorgon_kv_blocks");
    }

    @Test
    void versionOneHeadsCanBeTheDefault() {
        try (Gorgon other =
                Gorgon.serve("--adapter-id", "stheno-8m-medusa-v1", "--dtype", "float32", "--threads", "1")) {
            JsonNode answer = other.generate(NATALIA, "\"max_new_tokens\":64");
            assertThat(answer.path("generated_text").asString()).endsWith("#### 72");
            assertThat(answer.path("details").path("skipped_tokens").intValue()).isPositive();
        }
    }
}
