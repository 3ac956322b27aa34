package dev.gorgon.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** OpenAI's routes of the real program. */
class ServedOpenAiTest {
    private static final String QUESTION = "Natalia sold clips to 48 of her friends in April, and then she sold half as"
            + " many clips in May. How many clips did Natalia sell altogether in April and May?";
    private static final String PROMPT = "[INST] " + QUESTION + " [/INST]";

    private static Gorgon gorgon;

    @BeforeAll
    static void start() {
        gorgon = Gorgon.serve();
    }

    @AfterAll
    static void stop() {
        gorgon.close();
    }

    private static String quoted(String text) {
        return JsonMapper.shared().writeValueAsString(text);
    }

    private static String completionBody(String fields) {
        return "{\"prompt\":%s,%s}".formatted(quoted(PROMPT), fields);
    }

    private static String chatBody(String fields) {
        return "{\"messages\":[{\"role\":\"user\",\"content\":%s}],%s}".formatted(quoted(QUESTION), fields);
    }

    private static JsonNode post(String path, String body) {
        HttpResponse<String> response = gorgon.post(path, body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return Gorgon.json(response.body());
    }

    private static JsonNode complete(String fields) {
        return post("/v1/completions", completionBody(fields));
    }

    /** The events of a stream, without its end. */
    private static List<JsonNode> events(String path, String body) {
        HttpResponse<String> response = gorgon.post(path, body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        List<String> lines = response.body()
                .lines()
                .filter(line -> line.startsWith("data: "))
                .map(line -> line.substring("data: ".length()))
                .toList();
        assertThat(lines.getLast()).isEqualTo("[DONE]");
        return lines.subList(0, lines.size() - 1).stream().map(Gorgon::json).toList();
    }

    private static String text(JsonNode answer) {
        return answer.path("choices").path(0).path("text").asString();
    }

    @Test
    void greedyCompletionsAreTheNativeOnes() {
        String expected = gorgon.generate(PROMPT, "\"max_new_tokens\":64")
                .path("generated_text")
                .asString();
        JsonNode answer = complete("\"temperature\":0,\"max_tokens\":64");
        assertThat(text(answer)).isEqualTo(expected).endsWith("#### 72");
        assertThat(answer.path("choices").path(0).path("finish_reason").asString())
                .isEqualTo("stop");
        StringBuilder streamed = new StringBuilder();
        events("/v1/completions", completionBody("\"temperature\":0,\"max_tokens\":64,\"stream\":true"))
                .forEach(event -> streamed.append(text(event)));
        assertThat(streamed.toString()).isEqualTo(expected);
    }

    @Test
    void chatsUseTheTemplateOfTheModel() {
        String expected = gorgon.generate(PROMPT, "\"max_new_tokens\":64")
                .path("generated_text")
                .asString();
        JsonNode answer = post("/v1/chat/completions", chatBody("\"temperature\":0,\"max_completion_tokens\":64"));
        JsonNode message = answer.path("choices").path(0).path("message");
        assertThat(message.path("role").asString()).isEqualTo("assistant");
        assertThat(message.path("content").asString().strip()).isEqualTo(expected.strip());
        StringBuilder streamed = new StringBuilder();
        List<JsonNode> events = events(
                "/v1/chat/completions",
                chatBody(
                        "\"temperature\":0,\"max_tokens\":64,\"stream\":true,\"stream_options\":{\"include_usage\":true}"));
        events.forEach(event -> streamed.append(
                event.path("choices").path(0).path("delta").path("content").asString("")));
        assertThat(streamed.toString()).isEqualTo(message.path("content").asString());
        assertThat(events.getLast().path("choices").size()).isZero();
        assertThat(events.getLast().path("usage").path("completion_tokens"))
                .isEqualTo(answer.path("usage").path("completion_tokens"));
        assertThat(events.getLast()
                        .path("usage")
                        .path("prompt_tokens_details")
                        .path("cached_tokens")
                        .intValue())
                .as("the prompt was there already")
                .isPositive();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "\"temperature\":0",
                "\"seed\":5",
                "\"seed\":6,\"temperature\":0.7,\"top_p\":0.9,\"frequency_penalty\":0.5",
                "\"seed\":7,\"logit_bias\":{\"1\":-100,\"13\":3,\"29\":-2.5,\"300\":1}",
                "\"temperature\":0,\"logit_bias\":{\"1\":-100,\"13\":3,\"29\":-2.5,\"300\":1},\"presence_penalty\":1",
            })
    void speculationChangesNothing(String fields) {
        String common = fields + ",\"max_tokens\":40,\"logprobs\":3,\"n\":2";
        JsonNode plain = complete(common + ",\"speculative_tokens\":0").path("choices");
        assertThat(complete(common).path("choices")).isEqualTo(plain);
        assertThat(complete(fields + ",\"max_tokens\":40,\"logprobs\":3")
                        .path("choices")
                        .path(0))
                .as("the first choice is the one of a request for one")
                .isEqualTo(plain.path(0));
    }

    @Test
    void choicesDifferAndShareTheirPrompt() throws InterruptedException {
        JsonNode answer = complete("\"n\":3,\"seed\":1,\"max_tokens\":24,\"temperature\":1.5");
        List<String> texts = new ArrayList<>();
        for (JsonNode choice : answer.path("choices")) {
            assertThat(choice.path("index").intValue()).isEqualTo(texts.size());
            texts.add(choice.path("text").asString());
        }
        assertThat(texts).hasSize(3).doesNotHaveDuplicates();
        double before = gorgon.metric("gorgon_prefix_hit_tokens_total");
        // long enough for the others to wait until the first one has computed the prompt
        String quiteNew = "[INST] Something quite new. " + QUESTION + " And once more: " + QUESTION;
        complete("\"n\":3,\"seed\":1,\"max_tokens\":2,\"prompt\":" + quoted(quiteNew));
        // counted when the step is over, which may be after its tokens have arrived
        double hits = 0;
        for (int i = 0; i < 500 && hits < 64; i++) {
            hits = gorgon.metric("gorgon_prefix_hit_tokens_total") - before;
            Thread.sleep(10);
        }
        assertThat(hits).as("two of three found the prompt").isGreaterThanOrEqualTo(64);
    }

    @Test
    void bannedTokensDoNotCome() {
        JsonNode first = gorgon.generate(PROMPT, "\"max_new_tokens\":1")
                .path("details")
                .path("tokens")
                .path(0);
        JsonNode answer = complete("\"temperature\":0,\"max_tokens\":1,\"logprobs\":1,\"logit_bias\":{\"%d\":-100}"
                .formatted(first.path("id").intValue()));
        assertThat(answer.path("choices")
                        .path(0)
                        .path("logprobs")
                        .path("tokens")
                        .path(0)
                        .asString())
                .isNotEqualTo(first.path("text").asString());
    }

    @Test
    void theStopTextIsCutOff() {
        JsonNode answer = complete("\"temperature\":0,\"max_tokens\":64,\"stop\":\"#### 7\"");
        assertThat(text(answer)).doesNotContain("####").isNotEmpty();
        StringBuilder streamed = new StringBuilder();
        events(
                        "/v1/completions",
                        completionBody("\"temperature\":0,\"max_tokens\":64,\"stop\":\"#### 7\",\"stream\":true"))
                .forEach(event -> streamed.append(text(event)));
        assertThat(streamed.toString()).isEqualTo(text(answer));
    }

    @Test
    void promptsCanBeScored() {
        JsonNode logprobs = complete("\"echo\":true,\"max_tokens\":0,\"logprobs\":0")
                .path("choices")
                .path(0)
                .path("logprobs");
        StringBuilder text = new StringBuilder();
        for (int i = 1; i < logprobs.path("tokens").size(); i++) {
            assertThat(logprobs.path("text_offset").path(i).intValue()).isEqualTo(text.length());
            text.append(logprobs.path("tokens").path(i).asString());
        }
        assertThat(text.toString()).isEqualTo(PROMPT);
    }

    @Test
    void theModelIsTheAdapter() {
        JsonNode answer = post(
                "/v1/chat/completions",
                chatBody("\"temperature\":0,\"max_tokens\":16,\"model\":\"stheno-8m-pirate-lora\""));
        assertThat(answer.path("model").asString()).isEqualTo("stheno-8m-pirate-lora");
        assertThat(answer.path("choices")
                        .path(0)
                        .path("message")
                        .path("content")
                        .asString()
                        .strip())
                .startsWith("Arr, matey!");
        HttpResponse<String> missing =
                gorgon.post("/v1/completions", "{\"prompt\":\"x\",\"model\":\"nobody/has-this\",\"stream\":true}");
        assertThat(missing.statusCode()).as(missing.body()).isEqualTo(424);
        assertThat(Gorgon.json(missing.body()).path("error").path("code").asString())
                .isNotEmpty();
    }
}
