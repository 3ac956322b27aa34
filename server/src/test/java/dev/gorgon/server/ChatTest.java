package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.engine.schedule.TokenEvent.Alternative;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code POST /v1/chat/completions} in one piece, by OpenAI's specification. */
class ChatTest {
    private static final String ROUTE = "/v1/chat/completions";

    private final TestTemplate template = new TestTemplate();

    @SuppressWarnings("NullAway.Init")
    private TestServer server;

    @BeforeEach
    void start() {
        server = new TestServer();
        server.engine.chatTemplate = Optional.of(template);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpResponse<String> chat(String fields) {
        return server.post(
                ROUTE,
                "{'messages':[{'role':'user','content':'Hi there'}]%s}"
                        .formatted(fields)
                        .replace('\'', '"'));
    }

    private Map<String, ? extends @Nullable Object> variables(String json) throws InterruptedException {
        HttpResponse<String> response = server.post(ROUTE, json.replace('\'', '"'));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return template.rendered.take();
    }

    @Test
    void answerByteForByte() {
        assertThat(CompletionsTest.normal(chat("").body()))
                .isEqualTo(
                        "{\"id\":\"chatcmpl-ID\",\"object\":\"chat.completion\",\"created\":0,"
                                + "\"model\":\"stheno-8m\",\"system_fingerprint\":\"0.1.0-native\",\"choices\":[{\"index\":0,"
                                + "\"message\":{\"role\":\"assistant\",\"content\":\" Paris.\",\"refusal\":null},"
                                + "\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":4,"
                                + "\"completion_tokens\":3,\"total_tokens\":7,\"prompt_tokens_details\":{\"cached_tokens\":0}}}");
    }

    @Test
    void headersCountTheRenderedPrompt() {
        assertThat(chat("").headers().firstValue("x-compute-characters"))
                .contains(String.valueOf("<user> Hi there \n<assistant> ".length()));
    }

    @Test
    void logprobsByteForByte() throws InterruptedException {
        server.engine.script = fake -> {
            fake.token(new TokenEvent(
                    5, "é", -0.5f, false, false, List.of(new Alternative(9, "x", Float.NEGATIVE_INFINITY))));
            fake.finish(dev.gorgon.engine.schedule.FinishReason.LENGTH);
        };
        assertThat(chat(",'logprobs':true,'top_logprobs':1").body())
                .contains("\"logprobs\":{\"content\":[{\"token\":\"é\",\"logprob\":-0.5,\"bytes\":[195,169],"
                        + "\"top_logprobs\":[{\"token\":\"x\",\"logprob\":-9999.0,\"bytes\":[120]}]}],"
                        + "\"refusal\":null},\"finish_reason\":\"length\"");
        assertThat(server.engine.next().request.alternatives()).isEqualTo(1);
        assertThat(chat(",'logprobs':true").statusCode()).isEqualTo(200);
        assertThat(server.engine.next().request.alternatives()).isZero();
    }

    @Test
    void severalChoices() {
        assertThat(chat(",'n':3").body())
                .contains("\"index\":0", "\"index\":1", "\"index\":2", "\"completion_tokens\":9");
    }

    @Test
    void messagesReachTheTemplateWhole() throws InterruptedException {
        Map<String, ? extends @Nullable Object> variables = variables("{'messages':["
                + "{'role':'system','content':[{'type':'text','text':'a'},{'type':'text','text':'b'}],'name':'n'},"
                + "{'role':'assistant','content':null,'reasoning_content':'hm','tool_calls':[{'id':'1','type':'function',"
                + "'function':{'name':'f','arguments':'{\\'x\\':[1,2.5,true]}'}},"
                + "{'id':'2','type':'function','function':{'name':'f','arguments':'no json'}}]},"
                + "{'role':'tool','tool_call_id':'1','content':'42'},"
                + "{'role':'anything','content':'x','extra':null}]}");
        List<?> messages = (List<?>) variables.get("messages");
        assertThat(messages.get(0)).isEqualTo(Map.of("role", "system", "content", "a\nb", "name", "n"));
        Map<?, ?> assistant = (Map<?, ?>) messages.get(1);
        assertThat(assistant.containsKey("content")).isTrue();
        assertThat(assistant.get("content")).isNull();
        assertThat(assistant.get("reasoning_content")).isEqualTo("hm");
        assertThat(assistant.get("tool_calls"))
                .isEqualTo(List.of(
                        Map.of(
                                "id",
                                "1",
                                "type",
                                "function",
                                "function",
                                Map.of("name", "f", "arguments", Map.of("x", Arrays.asList(1L, 2.5, true)))),
                        Map.of(
                                "id",
                                "2",
                                "type",
                                "function",
                                "function",
                                Map.of("name", "f", "arguments", "no json"))));
        assertThat(messages.get(2)).isEqualTo(Map.of("role", "tool", "tool_call_id", "1", "content", "42"));
        assertThat(((Map<?, ?>) messages.get(3)).containsKey("extra")).isTrue();
        assertThat(variables.get("add_generation_prompt")).isEqualTo(true);
        assertThat(variables.containsKey("guideline")).isFalse();
    }

    @Test
    void variablesOfTheTemplate() throws InterruptedException {
        Map<String, ? extends @Nullable Object> variables = variables(
                "{'messages':[{'role':'user','content':'x'}],"
                        + "'guideline':'be kind','add_generation_prompt':false,'chat_template_kwargs':{'enable_thinking':false}}");
        assertThat(variables.get("guideline")).isEqualTo("be kind");
        assertThat(variables.get("add_generation_prompt")).isEqualTo(false);
        assertThat(variables.get("enable_thinking")).isEqualTo(false);
    }

    @Test
    void theLastMessageCanBeContinued() {
        String prompt = "<user> Hi \n<assistant> Once upon";
        assertThat(server.post(
                                ROUTE,
                                ("{'messages':[{'role':'user','content':'Hi'},{'role':'assistant','content':'Once upon'}],"
                                                + "'continue_final_message':true,'add_generation_prompt':false}")
                                        .replace('\'', '"'))
                        .headers()
                        .firstValue("x-compute-characters"))
                .contains(String.valueOf(prompt.length()));
    }

    @Test
    void aVariableThatTheTemplateNeeds() {
        server.engine.chatTemplate = Optional.of(new TestTemplate("guideline"));
        assertThat(chat("").statusCode()).isEqualTo(400);
        assertThat(chat("").body()).contains("Missing template vatiable: guideline", "\"param\":\"guideline\"");
        assertThat(chat(",'guideline':'x'").statusCode()).isEqualTo(200);
    }

    @Test
    void templatesThatRefuse() {
        HttpResponse<String> refused = server.post(ROUTE, "{\"messages\":[{\"role\":\"forbidden\",\"content\":\"\"}]}");
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body())
                .isEqualTo("{\"error\":{\"message\":\"Failed applying chat template to inputs: no such role here\","
                        + "\"type\":\"invalid_request_error\",\"param\":\"messages\",\"code\":null}}");
        server.engine.chatTemplate = Optional.empty();
        assertThat(chat("").body()).contains("the model has no chat template", "\"param\":\"messages\"");
    }

    @Test
    void toolsThatMustNotBeUsedDoNoHarm() {
        for (String fields : List.of(
                ",'tools':[]",
                ",'tools':null,'tool_choice':'none'",
                ",'tools':[],'tool_choice':'auto','parallel_tool_calls':true",
                ",'tools':[{'type':'function','function':{'name':'f','parameters':{}}}],'tool_choice':'none'",
                ",'functions':[],'function_call':'none'",
                ",'response_format':{'type':'text'},'modalities':['text'],'audio':null",
                ",'store':true,'metadata':{'a':'b'},'reasoning_effort':'low','service_tier':'auto','user':'u'")) {
            assertThat(chat(fields).statusCode()).as(fields).isEqualTo(200);
        }
    }
}
