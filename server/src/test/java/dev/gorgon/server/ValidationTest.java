package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every row of section 1.5 of the contract, as a 422 and as an event. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ValidationTest {
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
                "'merged_adapters':{'ids':['a'],'weights':[1]},'adapter_id':''"
                        + " | at most one of `adapter_id` or `adapters` may be provided",
                "'merged_adapters':{'ids':[]} | at least one adapter ID must be provided when setting `adapters`",
                "'merged_adapters':{'ids':['a','b'],'weights':[1]}"
                        + " | number of adapter IDs must match number of adapter weights",
                "'merged_adapters':{'ids':['a']} | number of adapter IDs must match number of adapter weights",
                "'merged_adapters':{'ids':['a'],'weights':[1],'merge_strategy':'magic'}"
                        + " | `merge_strategy` must be one of dare_linear, dare_ties, linear, ties",
                "'merged_adapters':{'ids':['a'],'weights':[1],'majority_sign_method':'x'}"
                        + " | `majority_sign_method` must be one of frequency, total",
                "'merged_adapters':{'ids':['a','b'],'weights':[1,1],'merge_strategy':'TIES'}"
                        + " | merge_strategy ties needs a density above 0, the share of elements that is kept; for example 0.5",
                "'merged_adapters':{'ids':['a','b'],'weights':[1,1],'density':-1}"
                        + " | density must be a number above 0, got -1.0",
                "'merged_adapters':{'ids':['a','__base_model__'],'weights':[1,1]} | Base model adapter cannot be merged.",
                "'merged_adapters':{'ids':['a',''],'weights':[1,1]} | Base model adapter cannot be merged.",
                "'adapter_id':'caf\u00e9' | `adapter_id` must contain only visible ASCII characters",
                "'adapter_id':'a\\nb' | `adapter_id` must contain only visible ASCII characters",
                "'adapter_id':'a\\u0000b' | `adapter_id` must contain only visible ASCII characters",
                "'adapter_source':'h\u00fcb' | `adapter_source` must contain only visible ASCII characters",
                "'temperature':-0.1 | `temperature` must be non-negative",
                "'repetition_penalty':0 | `repetition_penalty` must be strictly positive",
                "'repetition_penalty':-1 | `repetition_penalty` must be strictly positive",
                "'frequency_penalty':2.1 | `frequency_penalty` must be >= -2.0 and <= 2.0",
                "'frequency_penalty':-2.1 | `frequency_penalty` must be >= -2.0 and <= 2.0",
                "'presence_penalty':-2.5 | `presence_penalty` must be >= -2.0 and <= 2.0",
                "'top_p':0 | `top_p` must be > 0.0 and < 1.0",
                "'top_p':1.1 | `top_p` must be > 0.0 and < 1.0",
                "'typical_p':1 | `typical_p` must be > 0.0 and < 1.0",
                "'typical_p':0 | `typical_p` must be > 0.0 and < 1.0",
                "'top_k':0 | `top_k` must be strictly positive",
                "'top_k':-5 | `top_k` must be strictly positive",
                "'return_k_alternatives':0 | `return_k_alternatives` must be strictly positive",
                "'max_new_tokens':0 | `max_new_tokens` must be strictly positive",
                "'stop':['a','b','c','d','e'] | `stop` supports up to 4 stop sequences. Given: 5",
                "'truncate':0 | `truncate` must be strictly positive and less than 20. Given: 0",
                "'truncate':21 | `truncate` must be strictly positive and less than 20. Given: 21",
                "'truncate':18446744073709551615"
                        + " | `truncate` must be strictly positive and less than 20. Given: 18446744073709551615",
                "'response_format':{'type':'json_object'}"
                        + " | `response_format` is not supported by this version; leave it out or send null",
                "'max_new_tokens':29 | `inputs` tokens + `max_new_tokens` must be <= 32."
                        + " Given: 4 `inputs` tokens and 29 `max_new_tokens`",
                "'max_new_tokens':4294967295 | `inputs` tokens + `max_new_tokens` must be <= 32."
                        + " Given: 4 `inputs` tokens and 4294967295 `max_new_tokens`",
                // the first broken rule wins
                "'top_k':0,'temperature':-1,'max_new_tokens':0 | `temperature` must be non-negative",
                "'truncate':0,'stop':['a','b','c','d','e'] | `stop` supports up to 4 stop sequences. Given: 5",
            })
    void rules(String parameters, String message) {
        assertRefused(TestServer.body(parameters), message);
    }

    @Test
    void promptRules() {
        assertRefused("{\"inputs\":\"\"}", "`inputs` cannot be empty");
        assertRefused("{\"inputs\":\"" + "w ".repeat(25) + "w\"}", "`inputs` must have less than 20 tokens. Given: 27");
        assertRefused("{\"inputs\":\"<unencodable>\"}", "tokenizer error no such piece");
    }

    @Test
    void truncationComesBeforeTheLengthRules() throws InterruptedException {
        server.engine.submitted.clear();
        String body = "{\"inputs\":\"%s\",\"parameters\":{\"truncate\":5}}".formatted("w ".repeat(99));
        assertThat(server.post("/generate", body).statusCode()).isEqualTo(200);
        FakeInference.Fake fake = server.engine.next();
        assertThat(fake.request.promptTokens()).containsExactly(96, 97, 98, 99, 100);
        assertThat(fake.request.maxNewTokens()).isEqualTo(27);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "\"best_of\":4 | `best_of` must be > 0 and <= 3. Given: 4",
                "\"best_of\":18446744073709551615 | `best_of` must be > 0 and <= 3. Given: 18446744073709551615",
                "\"best_of\":2 | you must use sampling when `best_of` is > 1",
                "\"best_of\":2,\"do_sample\":true,\"seed\":1 | `seed` must not be set when `best_of` > 1",
            })
    void bestOfRules(String parameters, String message) {
        assertError(server.generate(parameters), message);
    }

    @Test
    void bestOfCanBeSwitchedOff() {
        try (TestServer one = new TestServer(TestServer.config(new Limits(8, 1, 4, 20, 32, 1000)))) {
            assertError(one.generate("\"best_of\":2"), "`best_of` != 1 is not allowed for this endpoint");
            assertThat(one.generate("\"best_of\":1").statusCode()).isEqualTo(200);
            assertThat(one.generate("\"best_of\":0").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void streamRules() {
        for (String bestOf : new String[] {"0", "2", "9"}) {
            assertEvent(
                    server.stream("\"best_of\":" + bestOf), "`best_of` != 1 is not supported when streaming tokens");
        }
        assertEvent(
                server.stream("\"decoder_input_details\":true"),
                "`decoder_input_details` == true is not supported when streaming tokens");
        assertThat(server.stream("\"best_of\":1").body()).contains(" Paris");
    }

    private void assertRefused(String body, String message) {
        assertError(server.post("/generate", body), message);
        assertError(server.post("/", body), message);
        assertEvent(server.post("/generate_stream", body), message);
        assertThat(server.server.freePermits()).isEqualTo(TestServer.LIMITS.maxConcurrentRequests());
    }

    private static void assertError(HttpResponse<String> response, String message) {
        assertThat(response.body()).isEqualTo(error(message));
        assertThat(response.statusCode()).isEqualTo(422);
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
    }

    private static void assertEvent(HttpResponse<String> response, String message) {
        assertThat(response.body()).isEqualTo("data: " + error(message) + "\n\n");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("text/event-stream");
    }

    private static String error(String message) {
        return "{\"error\":\"Input validation error: " + message + "\",\"error_type\":\"validation\"}";
    }
}
