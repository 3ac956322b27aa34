package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Section 1.2 of the contract: what is refused before it has a meaning, as plain text. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TypingTest {
    private static final String DATA = "Failed to deserialize the JSON body into the target type: ";
    private static final String SYNTAX = "Failed to parse the request body as JSON: ";

    @SuppressWarnings("NullAway.Init")
    private TestServer server;

    @BeforeAll
    void start() {
        server = new TestServer();
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{} | missing field `inputs` at line 1 column 2",
                "{'inputs':3} | inputs: invalid type: integer `3`, expected a string at line 1 column 11",
                "{'inputs':null} | inputs: invalid type: null, expected a string at line 1 column 14",
                "{'inputs':'a','inputs':'b'} | duplicate field `inputs` at line 1 column 27",
                "{'inputs':'a','stream':1}"
                        + " | stream: invalid type: integer `1`, expected a boolean at line 1 column 24",
                "{'inputs':'a','parameters':null}"
                        + " | parameters: invalid type: null, expected struct GenerateParameters at line 1 column 31",
                "[] | invalid type: sequence, expected struct GenerateRequest at line 1 column 1",
                "'x' | invalid type: string \"x\", expected struct GenerateRequest at line 1 column 3",
            })
    void topLevel(String body, String message) {
        assertRefused(body.replace('\'', '"'), 422, DATA + message);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "'do_sample':null | do_sample: invalid type: null, expected a boolean",
                "'stop':null | stop: invalid type: null, expected a sequence",
                "'stop':'x' | stop: invalid type: string \"x\", expected a sequence",
                "'stop':['a',1] | stop[1]: invalid type: integer `1`, expected a string",
                "'details':null | details: invalid type: null, expected a boolean",
                "'watermark':null | watermark: invalid type: null, expected a boolean",
                "'ignore_eos_token':null | ignore_eos_token: invalid type: null, expected a boolean",
                "'decoder_input_details':'y' | decoder_input_details: invalid type: string \"y\", expected a boolean",
                "'apply_chat_template':null | apply_chat_template: invalid type: null, expected a boolean",
                "'max_new_tokens':20.0 | max_new_tokens: invalid type: floating point `20.0`, expected u32",
                "'max_new_tokens':-1 | max_new_tokens: invalid value: integer `-1`, expected u32",
                "'max_new_tokens':4294967296 | max_new_tokens: invalid value: integer `4294967296`, expected u32",
                "'max_new_tokens':'5' | max_new_tokens: invalid type: string \"5\", expected u32",
                "'max_new_tokens':1e2 | max_new_tokens: invalid type: floating point `1e2`, expected u32",
                "'top_k':2147483648 | top_k: invalid value: integer `2147483648`, expected i32",
                "'top_k':true | top_k: invalid type: boolean `true`, expected i32",
                "'return_k_alternatives':-2147483649"
                        + " | return_k_alternatives: invalid value: integer `-2147483649`, expected i32",
                "'seed':-1 | seed: invalid value: integer `-1`, expected u64",
                "'seed':18446744073709551616 | seed: invalid value: integer `18446744073709551616`, expected u64",
                "'best_of':-1 | best_of: invalid value: integer `-1`, expected usize",
                "'truncate':1.5 | truncate: invalid type: floating point `1.5`, expected usize",
                "'temperature':'hot' | temperature: invalid type: string \"hot\", expected f32",
                "'temperature':1e39 | temperature: invalid value: floating point `1e39`, expected f32",
                "'top_p':{} | top_p: invalid type: map, expected f32",
                "'adapter_id':5 | adapter_id: invalid type: integer `5`, expected a string",
                "'api_token':[] | api_token: invalid type: sequence, expected a string",
                "'merged_adapters':{} | merged_adapters: missing field `ids`",
                "'merged_adapters':{'ids':['a'],'weights':['b']}"
                        + " | merged_adapters.weights[0]: invalid type: string \"b\", expected f32",
                "'merged_adapters':{'ids':['a'],'density':null}"
                        + " | merged_adapters.density: invalid type: null, expected f32",
                "'merged_adapters':3 | merged_adapters: invalid type: integer `3`, expected struct AdapterParameters",
                "'response_format':'json'"
                        + " | response_format: invalid type: string \"json\", expected struct ResponseFormat",
                "'speculative_tokens':-1 | speculative_tokens: invalid value: integer `-1`, expected u32",
            })
    void parameters(String parameters, String message) {
        HttpResponse<String> response = server.generate(parameters.replace('\'', '"'));
        assertThat(response.body()).startsWith(DATA + "parameters." + message + " at line 1 column ");
        assertThat(response.statusCode()).isEqualTo(422);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'temperature':1",
                "'temperature':null,'top_k':null,'seed':null,'best_of':null,'adapter_id':null,'truncate':null",
                "'seed':18446744073709551615",
                "'response_format':null,'merged_adapters':null,'return_full_text':null,'max_new_tokens':null",
                "'unknown':{'deep':[1,2,{'x':null}]}",
                "'temperature':1e-60",
                "'apply_chat_template':true",
            })
    void accepted(String parameters) {
        HttpResponse<String> response = server.generate(parameters.replace('\'', '"'));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "{\"inputs\"",
                "{\"inputs\":",
                "{\"inputs\":\"a",
                "{\"inputs\":\"a\"",
                "{\"inputs\":\"a\",}",
                "{\"inputs\":\"a\"} x",
                "{\"inputs\":\"a\"}}",
                "{'inputs':'a'}",
                "{\"inputs\":NaN}",
                "{\"inputs\":01}",
                "{\"inputs\":\"\\x\"}",
                "{\"inputs\":\"a\nb\"}",
                "{\"inputs\":\"\\ud800\"}",
                "{\"inputs\":\"\\udc00\\ud800\"}",
                "{\"\\ud800\":1}",
                "nonsense",
            })
    void brokenJson(String body) {
        for (String path : new String[] {"/generate", "/generate_stream", "/", "/invocations", "/tokenize"}) {
            HttpResponse<String> response = server.post(path, body);
            assertThat(response.body()).startsWith(SYNTAX).matches("(?s).* at line \\d+ column \\d+");
            assertThat(response.statusCode()).isEqualTo(400);
            assertThat(response.headers().firstValue("content-type")).contains("text/plain; charset=utf-8");
        }
    }

    @Test
    void placesCountLinesAndBytes() {
        assertRefused(
                "{\n \"inputs\": \"é\",\n \"stream\": \"é\" }",
                422,
                DATA + "stream: invalid type: string \"é\", expected a boolean at line 3 column 15");
        assertRefused("{\n\n", 400, SYNTAX + "EOF while parsing a value at line 3 column 0");
    }

    @Test
    void deepNestingAndHugeNumbersAreRefusedCheaply() {
        String deep = "{\"inputs\":\"a\",\"x\":" + "[".repeat(500_000) + "]".repeat(500_000) + "}";
        assertThat(server.post("/generate", deep).body()).startsWith(SYNTAX + "recursion limit exceeded at line 1");
        String objects = "{\"x\":".repeat(200_000) + "1" + "}".repeat(200_000);
        assertThat(server.post("/generate", objects).statusCode()).isEqualTo(400);
        String number = "{\"inputs\":\"a\",\"parameters\":{\"seed\":" + "9".repeat(1_000_000) + "}}";
        assertThat(server.post("/generate", number).statusCode()).isIn(400, 422);
        assertThat(server.generate("\"seed\":" + "9".repeat(900)).body())
                .contains("invalid value: integer `999")
                .hasSizeLessThan(400);
        assertThat(server.generate("\"temperature\":1e" + "9".repeat(300)).statusCode())
                .isEqualTo(422);
        String name = "{\"" + "n".repeat(1_000_000) + "\":1,\"inputs\":\"a\"}";
        assertThat(server.post("/generate", name).statusCode()).isEqualTo(200);
    }

    @Test
    void offendingTextIsNotEchoedAtLength() {
        HttpResponse<String> response = server.generate("\"temperature\":\"" + "x".repeat(1_000_000) + "\"");
        assertThat(response.statusCode()).isEqualTo(422);
        assertThat(response.body()).hasSizeLessThan(400);
    }

    @Test
    void bodiesThatAreNotUtf8() {
        HttpResponse<String> response = server.send(server.request("/generate")
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'}))
                .build());
        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body()).startsWith(SYNTAX);
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "APPLICATION/JSON; charset=utf-8", "application/vnd.api+json"})
    void jsonContentTypes(String type) {
        assertThat(sendAs(type).statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"text/plain", "application/x-www-form-urlencoded", "application/+json", "json", "text/json"})
    void otherContentTypes(String type) {
        HttpResponse<String> response = sendAs(type);
        assertThat(response.statusCode()).isEqualTo(415);
        assertThat(response.body()).isEqualTo("Expected request with `Content-Type: application/json`");
        assertThat(response.headers().firstValue("content-type")).contains("text/plain; charset=utf-8");
    }

    @Test
    void noContentType() {
        HttpResponse<String> response = server.send(server.request("/generate")
                .POST(HttpRequest.BodyPublishers.ofString("{\"inputs\":\"a\"}"))
                .build());
        assertThat(response.statusCode()).isEqualTo(415);
    }

    private HttpResponse<String> sendAs(String type) {
        return server.send(server.request("/generate")
                .header("content-type", type)
                .POST(HttpRequest.BodyPublishers.ofString("{\"inputs\":\"a\"}"))
                .build());
    }

    private void assertRefused(String body, int status, String text) {
        HttpResponse<String> response = server.post("/generate", body);
        assertThat(response.body()).isEqualTo(text);
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type")).contains("text/plain; charset=utf-8");
    }
}
