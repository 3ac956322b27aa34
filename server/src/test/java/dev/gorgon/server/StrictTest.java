package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.sample.SamplingParameters;
import dev.gorgon.engine.schedule.FinishReason;
import dev.gorgon.engine.schedule.GenerateRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code --lorax-strict}: sections 1.9.1 to 1.9.6 of the contract, byte by byte. */
class StrictTest {
    private static final String COMPLETIONS = "/v1/completions";
    private static final String CHAT = "/v1/chat/completions";
    private static final String ZEROS = ",\"usage\":{\"prompt_tokens\":0,\"total_tokens\":0,\"completion_tokens\":0}";

    private final TestTemplate template = new TestTemplate();

    @SuppressWarnings("NullAway.Init")
    private TestServer server;

    @BeforeEach
    void start() {
        server = new TestServer(TestServer.config(TestServer.LIMITS).toBuilder()
                .loraxStrict(true)
                .build());
        server.engine.chatTemplate = Optional.of(template);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpResponse<String> complete(String fields) {
        return server.post(
                COMPLETIONS,
                "{'model':'','prompt':'one two three'%s}".formatted(fields).replace('\'', '"'));
    }

    private HttpResponse<String> chat(String fields) {
        return server.post(
                CHAT,
                "{'model':'stheno-8m','messages':[{'role':'user','content':'Hi you'}]%s}"
                        .formatted(fields)
                        .replace('\'', '"'));
    }

    private static String completionChunk(String text, String reason, String usage) {
        return "data: {\"id\":\"null\",\"object\":\"text_completion\",\"created\":0,\"model\":\"null\",\"choices\":["
                + "{\"index\":0,\"text\":\"%s\",\"logprobs\":null,\"finish_reason\":%s}]%s}\n\n"
                        .formatted(text, reason, usage);
    }

    private static String chatChunk(String delta, String reason, String usage) {
        return "data: {\"id\":\"null\",\"object\":\"chat.completion.chunk\",\"created\":0,\"model\":\"null\",\"choices\":["
                + "{\"index\":0,\"delta\":{%s},\"finish_reason\":%s}]%s}\n\n".formatted(delta, reason, usage);
    }

    @Test
    void completion() {
        assertThat(complete("").body())
                .isEqualTo(
                        "{\"id\":\"null\",\"object\":\"text_completion\",\"created\":0,\"model\":\"null\",\"choices\":["
                                + "{\"index\":0,\"text\":\" Paris.\",\"logprobs\":null,\"finish_reason\":\"stop\"}],"
                                + "\"usage\":{\"prompt_tokens\":4,\"total_tokens\":7,\"completion_tokens\":3}}");
        assertThat(complete(",'echo':true").body()).contains("\"text\":\"one two three Paris.\"");
    }

    @Test
    void completionStream() {
        assertThat(complete(",'stream':true,'echo':true").body())
                .isEqualTo(completionChunk(" Paris", "null", ZEROS)
                        + completionChunk(".", "null", ZEROS)
                        + completionChunk(
                                "",
                                "\"stop\"",
                                ",\"usage\":{\"prompt_tokens\":4,\"total_tokens\":7,\"completion_tokens\":3}")
                        + "data: [DONE]\n\n");
    }

    @Test
    void chatAnswer() {
        assertThat(chat("").body().replaceAll("\"created\":[0-9]{10}", "\"created\":1"))
                .isEqualTo("{\"id\":\"null\",\"object\":\"text_completion\",\"created\":1,\"model\":\"stheno-8m\","
                        + "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\" Paris.\"},"
                        + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":4,\"total_tokens\":7,"
                        + "\"completion_tokens\":3},\"system_fingerprint\":\"0.1.0-native\"}");
    }

    @Test
    void chatStream() {
        String usage = ",\"usage\":{\"prompt_tokens\":4,\"total_tokens\":7,\"completion_tokens\":3}";
        assertThat(chat(",'stream':true").body())
                .isEqualTo(chatChunk("\"role\":\"assistant\",\"content\":\" Paris\"", "null", "")
                        + chatChunk("\"role\":\"assistant\",\"content\":\".\"", "null", "")
                        + chatChunk("", "\"stop\"", usage)
                        + "data: [DONE]\n\n");
    }

    @Test
    void stopSequencesAreContentFilters() {
        server.engine.script = fake -> {
            fake.token(5, "ab", -1, false);
            fake.finish(FinishReason.STOP_SEQUENCE);
        };
        assertThat(complete(",'stop':['b']").body())
                .contains("\"text\":\"ab\"", "\"finish_reason\":\"content_filter\"");
        assertThat(complete(",'stop':['b'],'stream':true").body())
                .startsWith(completionChunk(
                        "ab",
                        "\"content_filter\"",
                        ",\"usage\":{\"prompt_tokens\":4,\"total_tokens\":5,\"completion_tokens\":1}"))
                .endsWith("data: [DONE]\n\n");
    }

    @Test
    void defaults() throws InterruptedException {
        complete(",'temperature':null");
        assertThat(server.engine.next().request.sampling()).isEqualTo(SamplingParameters.GREEDY);
        complete(",'n':1");
        assertThat(server.engine.next().request.sampling().sample()).isTrue();
        chat("");
        assertThat(server.engine.next().request.sampling().sample()).isTrue();
        chat(",'temperature':0.0");
        assertThat(server.engine.next().request.sampling()).isEqualTo(SamplingParameters.GREEDY);
    }

    @Test
    void everyParameterReachesTheEngine() throws InterruptedException {
        complete(",'temperature':0.5,'top_p':0.9,'top_k':7,'repetition_penalty':1.1,'frequency_penalty':-0.5,"
                + "'presence_penalty':0.25,'seed':18446744073709551615,'max_tokens':7,'stop':['x'],"
                + "'ignore_eos_token':true,'suffix':'s','logit_bias':{'1':5},'user':'u','logprobs':3");
        GenerateRequest request = server.engine.next().request;
        assertThat(request.sampling())
                .isEqualTo(new SamplingParameters(true, 0.5f, 7, 0.9f, 1f, 1.1f, -0.5f, 0.25f, false, -1L, 0));
        assertThat(request.maxNewTokens()).isEqualTo(7);
        assertThat(request.promptLogprobs()).isTrue();
        assertThat(request.ignoreEos()).isTrue();
    }

    @Test
    void choicesOfAChatBestFirst() {
        int[] number = {0};
        server.engine.script = fake -> {
            int own = number[0]++;
            fake.token(5, "t" + own, -3 + own, false);
            fake.finish(FinishReason.LENGTH);
        };
        assertThat(chat(",'n':2").body())
                .contains(
                        "{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"t1\"},\"finish_reason\":\"length\"}")
                .contains(
                        "{\"index\":1,\"message\":{\"role\":\"assistant\",\"content\":\"t0\"},\"finish_reason\":\"length\"}")
                .contains("\"completion_tokens\":1}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "'top_k':0 | Input validation error: `top_k` must be strictly positive",
                "'n':2,'stream':true | Input validation error: `best_of` != 1 is not supported when streaming tokens",
                "'max_tokens':-1 | Input validation error: `inputs` tokens + `max_new_tokens` must be <= 32. Given: 4"
                        + " `inputs` tokens and 4294967295 `max_new_tokens`",
                "'response_format':{'type':'json_object'} | Input validation error: `response_format` is not supported",
            })
    void validation(String fields, String error) {
        HttpResponse<String> response = server.post(
                CHAT,
                "{'model':'','messages':[{'role':'user','content':'x y'}],%s}"
                        .formatted(fields)
                        .replace('\'', '"'));
        assertThat(response.statusCode()).isEqualTo(fields.contains("stream") ? 200 : 422);
        assertThat(response.body()).contains("{\"error\":\"" + error, "\"error_type\":\"validation\"}");
    }

    @Test
    void streamedErrorsAreEventsInA200() {
        HttpResponse<String> response = complete(",'stream':true,'logprobs':1");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body())
                .isEqualTo("data: {\"error\":\"Input validation error: `decoder_input_details` == true is not supported"
                        + " when streaming tokens\",\"error_type\":\"validation\"}\n\n");
        assertThat(server.post(COMPLETIONS, "{\"model\":\"nobody\",\"prompt\":\"x\"}")
                        .statusCode())
                .isEqualTo(424);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void templatesFailBeforeTheStream(boolean stream) {
        HttpResponse<String> refused = server.post(
                CHAT,
                "{\"model\":\"\",\"messages\":[{\"role\":\"forbidden\",\"content\":\"\"}],\"stream\":%s}"
                        .formatted(stream));
        assertThat(refused.statusCode()).isEqualTo(422);
        assertThat(refused.body())
                .isEqualTo("{\"error\":\"Failed applying chat template to inputs: no such role here\","
                        + "\"error_type\":\"template_error\"}");
        server.engine.chatTemplate = Optional.of(new TestTemplate("guideline"));
        assertThat(chat(",'stream':" + stream).body())
                .isEqualTo("{\"error\":\"Missing template vatiable: guideline\","
                        + "\"error_type\":\"missing_template_variable\"}");
        HttpResponse<String> tools = chat(",'tools':[{'type':'function'}],'stream':" + stream);
        assertThat(tools.statusCode()).isEqualTo(422);
        assertThat(tools.body()).contains("\"error\":\"Tool error: ", "\"error_type\":\"tool_error\"");
        server.engine.chatTemplate = Optional.empty();
        assertThat(chat("").statusCode()).isEqualTo(422);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "'prompt':'x' | missing field `model`",
                "'model':'' | missing field `prompt`",
                "'model':null,'prompt':'x' | model: invalid type: null, expected a string",
                "'model':'','prompt':['x'] | prompt: invalid type: sequence, expected a string",
                "'model':'','prompt':'x','stop':null | stop: invalid type: null, expected a sequence",
                "'model':'','prompt':'x','stop':'y' | stop: invalid type: string \"y\", expected a sequence",
                "'model':'','prompt':'x','max_tokens':1.0 | max_tokens: invalid type: floating point `1.0`, expected i32",
            })
    void typesArePlainText(String fields, String problem) {
        HttpResponse<String> response = server.post(COMPLETIONS, ("{" + fields + "}").replace('\'', '"'));
        assertThat(response.statusCode()).isEqualTo(422);
        assertThat(response.headers().firstValue("content-type")).contains("text/plain; charset=utf-8");
        assertThat(response.body())
                .startsWith("Failed to deserialize the JSON body into the target type: " + problem.replace('\'', '"'));
    }

    @Test
    void messagesLoseWhatLoraxDoesNotKnow() throws InterruptedException {
        server.post(
                CHAT,
                ("{'model':'','messages':[{'role':'a','content':[{'type':'text','text':'x'},"
                                + "{'type':'image_url','image_url':{'url':'u'}}],'tool_calls':[]},"
                                + "{'role':'b','content':null,'name':'n'},{'role':'c'}]}")
                        .replace('\'', '"'));
        Map<String, ? extends @Nullable Object> variables = template.rendered.take();
        List<?> messages = (List<?>) variables.get("messages");
        assertThat(messages.get(0)).isEqualTo(Map.of("role", "a", "content", "x![](u)"));
        assertThat(((Map<?, ?>) messages.get(1)).get("name")).isEqualTo("n");
        assertThat(((Map<?, ?>) messages.get(2)).get("content")).isNull();
        assertThat(variables.keySet()).containsExactlyInAnyOrder("messages", "add_generation_prompt");
    }

    @Test
    void headers() {
        HttpResponse<String> response = chat("");
        assertThat(response.headers().firstValue("x-compute-characters"))
                .contains(String.valueOf("<user> Hi you \n<assistant> ".length()));
        assertThat(response.headers().firstValue("x-prompt-tokens")).contains("4");
        server.engine.addAdapter("pirate");
        assertThat(server.post(COMPLETIONS, "{\"model\":\"pirate\",\"prompt\":\"x\"}")
                        .headers()
                        .firstValue("x-adapter-id"))
                .contains("pirate");
    }

    @Test
    void embeddings() {
        assertThat(server.post("/v1/embeddings", "{\"input\":\"x\",\"model\":\"\"}")
                        .body())
                .startsWith("{\"error\":\"Request failed during generation: Server error: Model does not support");
    }
}
