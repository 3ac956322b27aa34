package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.adapter.AdapterException;
import dev.gorgon.hub.HubException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Errors of OpenAI's API: status and envelope, the same for streams. */
class OpenAiErrorsTest {
    private static final String COMPLETIONS = "/v1/completions";
    private static final String CHAT = "/v1/chat/completions";

    @SuppressWarnings("NullAway.Init")
    private TestServer server;

    @BeforeEach
    void start() {
        server = new TestServer();
        server.engine.chatTemplate = Optional.of(new TestTemplate());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpResponse<String> send(String path, String fields) {
        String prompt = path.equals(CHAT) ? "'messages':[{'role':'user','content':'x'}]" : "'prompt':'x'";
        return server.post(path, "{%s,%s}".formatted(prompt, fields).replace('\'', '"'));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "'temperature':-1 | temperature | `temperature` must be non-negative",
                "'temperature':'x' | temperature | `temperature` must be a number, got string",
                "'top_p':1.5 | top_p | `top_p` must be > 0.0 and < 1.0",
                "'presence_penalty':3 | presence_penalty | `presence_penalty` must be >= -2.0 and <= 2.0",
                "'n':0 | n | `n` must be between 1 and 128, got integer `0`",
                "'n':129 | n | `n` must be between 1 and 128, got integer `129`",
                "'n':1.5 | n | `n` must be an integer, got floating point `1.5`",
                "'seed':1e99 | seed | `seed` must be an integer",
                "'stop':[1] | stop[0] | `stop[0]` must be a string, got integer `1`",
                "'stop':'' | stop | `stop` must hold texts of 1 to 4096 characters",
                "'stop':['a','b','c','d','e'] | stop | `stop` supports up to 4 stop sequences, got 5",
                "'logit_bias':{'x':1} | logit_bias | `logit_bias` must have token ids from 0 to 31999 as its names",
                "'logit_bias':{'32000':1} | logit_bias | `logit_bias` must have token ids from 0 to 31999 as its names",
                "'logit_bias':{'1':101} | logit_bias | `logit_bias` must hold values from -100 to 100",
                "'response_format':{'type':'json_object'} | response_format | `response_format` supports only",
                "'adapter_id':'a','merged_adapters':{'ids':['b'],'weights':[1]} | \"\" | at most one of",
                "'merged_adapters':{'ids':['b','c'],'weights':[1]} | \"\" | number of adapter IDs must match",
                "'stream':1 | stream | `stream` must be a boolean, got integer `1`",
                "'max_tokens':100 | \"\" | this server's context length is 32 tokens",
            })
    void bothRoutes(String fields, String parameter, String message) {
        for (String path : new String[] {COMPLETIONS, CHAT}) {
            HttpResponse<String> response = send(path, fields);
            assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
            assertThat(response.headers().firstValue("content-type")).contains("application/json");
            assertThat(response.body())
                    .startsWith("{\"error\":{\"message\":\"" + message)
                    .contains("\"type\":\"invalid_request_error\"");
            if (!parameter.isEmpty()) {
                assertThat(response.body()).contains("\"param\":\"" + parameter + "\"");
            }
        }
        assertThat(server.engine.submitted).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'suffix':'x'",
                "'best_of':4",
                "'best_of':1,'n':2",
                "'best_of':2,'stream':true",
                "'logprobs':21",
                "'logprobs':true",
                "'max_tokens':0",
                "'prompt':[]",
                "'prompt':null",
                "'prompt':[[]]",
                "'prompt':[1,'a']",
                "'prompt':[-1]",
                "'prompt':[32000]",
                "'prompt':{'a':1}",
                "'prompt':['a','b','c','d','e','f','g','h','i']",
            })
    void completions(String fields) {
        HttpResponse<String> response = server.post(
                COMPLETIONS,
                (fields.startsWith("'prompt'") ? "{" + fields + "}" : "{'prompt':'x'," + fields + "}")
                        .replace('\'', '"'));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        assertThat(response.body()).startsWith("{\"error\":{\"message\":\"").contains("\"invalid_request_error\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'messages':null",
                "'messages':[]",
                "'messages':'x'",
                "'messages':[1]",
                "'messages':[{'content':'x'}]",
                "'messages':[{'role':1,'content':'x'}]",
                "'messages':[{'role':'user','content':5}]",
                "'messages':[{'role':'user','content':[{'type':'image_url','image_url':{'url':'x'}}]}]",
                "'messages':[{'role':'user','content':[{'type':'input_audio'}]}]",
                "'messages':[{'role':'user','content':[{'type':'text'}]}]",
                "'tools':[{'type':'function'}]",
                "'functions':[{'name':'f'}]",
                "'tool_choice':'required'",
                "'tool_choice':{'type':'function'}",
                "'audio':{}",
                "'modalities':['text','audio']",
                "'top_logprobs':3",
                "'logprobs':true,'top_logprobs':21",
                "'max_tokens':0",
                "'add_generation_prompt':true,'continue_final_message':true",
            })
    void chat(String fields) {
        HttpResponse<String> response = fields.startsWith("'messages'")
                ? server.post(CHAT, ("{" + fields + "}").replace('\'', '"'))
                : send(CHAT, fields);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        assertThat(response.body()).startsWith("{\"error\":{\"message\":\"").contains("\"invalid_request_error\"");
        assertThat(server.engine.submitted).isEmpty();
    }

    @Test
    void bodiesThatAreNone() {
        HttpResponse<String> syntax = server.post(CHAT, "{");
        assertThat(syntax.statusCode()).isEqualTo(400);
        assertThat(syntax.body())
                .isEqualTo(
                        "{\"error\":{\"message\":\"Failed to parse the request body as JSON: EOF while parsing a value"
                                + " at line 1 column 1\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}}");
        assertThat(server.post(CHAT, "[]").statusCode()).isEqualTo(400);
        HttpResponse<String> type = server.send(server.request(CHAT)
                .POST(HttpRequest.BodyPublishers.ofString("{}"))
                .build());
        assertThat(type.statusCode()).isEqualTo(415);
        assertThat(type.body()).startsWith("{\"error\":{\"message\":\"Expected request with");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void promptsThatAreTooLong(boolean stream) {
        HttpResponse<String> response =
                server.post(COMPLETIONS, "{\"prompt\":\"%s\",\"stream\":%s}".formatted("x ".repeat(50) + "x", stream));
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body())
                .isEqualTo(
                        "{\"error\":{\"message\":\"this server takes at most 20 prompt tokens, but `prompt` has 52\","
                                + "\"type\":\"invalid_request_error\",\"param\":\"prompt\",\"code\":\"context_length_exceeded\"}}");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void adapters(boolean stream) {
        String fields = "'stream':" + stream + ",'model':'pirate'";
        HttpResponse<String> invalid = send(COMPLETIONS, fields);
        assertThat(invalid.statusCode()).isEqualTo(424);
        assertThat(invalid.body())
                .contains("No valid adapter config file found", "\"code\":\"invalid_adapter\"", "\"adapter_error\"");
        server.engine.adapters.put(
                "pirate",
                CompletableFuture.failedFuture(new AdapterException(
                        AdapterException.Code.ADAPTER_NOT_FOUND,
                        "no such adapter",
                        new HubException(HubException.Code.NOT_FOUND, "no such repository"))));
        HttpResponse<String> missing = send(COMPLETIONS, fields);
        assertThat(missing.statusCode()).isEqualTo(404);
        assertThat(missing.body()).contains("\"param\":\"model\",\"code\":\"model_not_found\"");
        server.engine.adapters.put(
                "pirate",
                CompletableFuture.failedFuture(
                        new AdapterException(AdapterException.Code.ACCESS_DENIED, "not for you")));
        assertThat(send(COMPLETIONS, fields).statusCode()).isEqualTo(424);
        assertThat(server.post("/generate", TestServer.body("'adapter_id':'pirate'"))
                        .statusCode())
                .as("LoRAX's route")
                .isEqualTo(424);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void overload(boolean stream) throws InterruptedException {
        server.engine.manual();
        try (TestServer.Raw raw = server.raw().post(COMPLETIONS, "{\"prompt\":\"x\",\"n\":8}")) {
            for (int i = 0; i < 8; i++) {
                server.engine.next();
            }
            HttpResponse<String> response = send(CHAT, "'stream':" + stream);
            assertThat(response.statusCode()).isEqualTo(429);
            assertThat(response.body())
                    .isEqualTo("{\"error\":{\"message\":\"Model is overloaded\",\"type\":\"rate_limit_error\","
                            + "\"param\":null,\"code\":\"rate_limit_exceeded\"}}");
            raw.reset();
        } catch (java.io.IOException e) {
            throw new AssertionError(e);
        }
        assertThat(server.idle())
                .as("all permits of a client that left are back")
                .isTrue();
    }

    @Test
    void failuresOfTheEngine() {
        server.engine.script = fake -> fake.fail("the sequence broke");
        HttpResponse<String> response = send(COMPLETIONS, "'user':'x'");
        assertThat(response.statusCode()).isEqualTo(500);
        assertThat(response.body()).contains("the sequence broke", "\"server_error\"");
        assertThat(send(COMPLETIONS, "'stream':true").body())
                .isEqualTo("data: {\"error\":{\"message\":\"Request failed during generation: Server error: "
                        + "the sequence broke\",\"type\":\"server_error\",\"param\":null,\"code\":null}}\n\n");
    }
}
