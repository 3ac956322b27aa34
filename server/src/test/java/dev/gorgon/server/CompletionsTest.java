package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.sample.SamplingParameters;
import dev.gorgon.engine.schedule.FinishReason;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.PromptToken;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.engine.schedule.TokenEvent.Alternative;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code POST /v1/completions} in one piece, by OpenAI's specification. */
class CompletionsTest {
    private static final String ROUTE = "/v1/completions";

    @SuppressWarnings("NullAway.Init")
    private TestServer server;

    @BeforeEach
    void start() {
        server = new TestServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /** Fields in single quotes, beside a prompt of four tokens. */
    private HttpResponse<String> complete(String fields) {
        return server.post(
                ROUTE, "{'prompt':'one two three'%s}".formatted(fields).replace('\'', '"'));
    }

    /** Ids and times differ from answer to answer. */
    static String normal(String json) {
        return json.replaceAll("(chatcmpl|cmpl)-[0-9a-f]{32}", "$1-ID")
                .replaceAll("\"created\":[0-9]{10},", "\"created\":0,");
    }

    @Test
    void answerByteForByte() {
        HttpResponse<String> response = complete(",'model':'stheno-8m'");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        assertThat(normal(response.body()))
                .isEqualTo(
                        "{\"id\":\"cmpl-ID\",\"object\":\"text_completion\",\"created\":0,\"model\":\"stheno-8m\","
                                + "\"system_fingerprint\":\"0.1.0-native\",\"choices\":[{\"index\":0,\"text\":\" Paris.\","
                                + "\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":4,"
                                + "\"completion_tokens\":3,\"total_tokens\":7,\"prompt_tokens_details\":{\"cached_tokens\":0}}}");
    }

    @Test
    void idsAndTimesAreReal() {
        String first = complete("").body();
        String second = complete("").body();
        assertThat(first).isNotEqualTo(second);
        long created = Long.parseLong(first.replaceAll(".*\"created\":([0-9]+).*", "$1"));
        assertThat(created).isBetween(System.currentTimeMillis() / 1000 - 60, System.currentTimeMillis() / 1000);
    }

    @Test
    void headersOfLorax() {
        HttpResponse<String> response = complete("");
        assertThat(response.headers().firstValue("x-compute-characters")).contains("13");
        assertThat(response.headers().firstValue("x-prompt-tokens")).contains("4");
        assertThat(response.headers().firstValue("x-model-id")).contains("stheno-8m");
        assertThat(response.headers().firstValue("x-adapter-id")).isEmpty();
        assertThat(response.headers().firstValue("x-inference-time")).contains("19");
    }

    @Test
    void defaultsAreOpenAis() throws InterruptedException {
        complete("");
        SamplingParameters sampling = server.engine.next().request.sampling();
        assertThat(sampling.sample()).isTrue();
        assertThat(sampling.temperature()).isEqualTo(1f);
        complete(",'temperature':0");
        assertThat(server.engine.next().request.sampling()).isEqualTo(SamplingParameters.GREEDY);
    }

    @Test
    void everyParameterReachesTheEngine() throws InterruptedException {
        assertThat(complete(",'temperature':0.5,'top_p':0.9,'top_k':7,'typical_p':0.8,'repetition_penalty':1.1,"
                                + "'frequency_penalty':-0.5,'presence_penalty':0.25,'seed':-1,'max_tokens':7,"
                                + "'stop':'x','ignore_eos_token':true,'speculative_tokens':3,"
                                + "'logit_bias':{'5':100,'7':-0.5},'user':'me','unknown':{'a':1}")
                        .statusCode())
                .isEqualTo(200);
        GenerateRequest request = server.engine.next().request;
        assertThat(request.sampling())
                .isEqualTo(new SamplingParameters(
                        true, 0.5f, 7, 0.9f, 0.8f, 1.1f, -0.5f, 0.25f, false, -1L, 0, Map.of(5, 100f, 7, -0.5f)));
        assertThat(request.maxNewTokens()).isEqualTo(7);
        assertThat(request.stopSequences()).containsExactly("x");
        assertThat(request.ignoreEos()).isTrue();
        assertThat(request.speculativeTokens()).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "'max_tokens':5,'max_completion_tokens':3 | 3",
                "'max_tokens':5,'max_completion_tokens':null | 5",
                "'max_tokens':5.0 | 5",
                "'stop':null,'n':null,'best_of':null,'logprobs':null,'echo':null,'stream':null,'logit_bias':null | 28",
                "'suffix':'','response_format':{'type':'text'},'stream_options':{'include_usage':true} | 28",
                "'top_k':-1,'top_p':0,'typical_p':1 | 28",
            })
    void harmlessForms(String fields, int maxNewTokens) throws InterruptedException {
        HttpResponse<String> response = complete("," + fields);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(server.engine.next().request.maxNewTokens()).isEqualTo(maxNewTokens);
    }

    @Test
    void stopTextIsNotPartOfTheText() {
        server.engine.script = fake -> {
            fake.token(5, "ab", -1, false);
            fake.token(6, "cd", -1, true);
            fake.finish(FinishReason.STOP_SEQUENCE);
        };
        assertThat(complete(",'stop':['bcd','zz']").body())
                .contains("\"text\":\"a\",\"logprobs\":null,\"finish_reason\":\"stop\"");
        assertThat(complete(",'max_tokens':2").body()).contains("\"text\":\"abcd\"");
    }

    @Test
    void aStopThatComesWithTheLastTokenIsAStop() {
        server.engine.script = fake -> {
            fake.token(5, "ab", -1, false);
            fake.finish(FinishReason.LENGTH);
        };
        assertThat(complete(",'stop':'b','max_tokens':1").body())
                .contains("\"text\":\"a\"", "\"finish_reason\":\"stop\"");
        assertThat(complete(",'max_tokens':1").body()).contains("\"text\":\"ab\"", "\"finish_reason\":\"length\"");
    }

    @Test
    void severalPromptsAndChoices() throws InterruptedException {
        server.engine.script = fake -> {
            fake.token(5, fake.request.promptTokens().length + "." + fake.request.sampling().stream(), -1, false);
            fake.finish(FinishReason.LENGTH);
        };
        String body = server.post(ROUTE, "{\"prompt\":[\"a\",\"b c\"],\"n\":2,\"seed\":9,\"max_tokens\":1}")
                .body();
        assertThat(body)
                .contains("\"index\":0,\"text\":\"2.0\"", "\"index\":1,\"text\":\"2.1\"")
                .contains("\"index\":2,\"text\":\"3.0\"", "\"index\":3,\"text\":\"3.1\"")
                .contains("\"prompt_tokens\":5,\"completion_tokens\":4,\"total_tokens\":9");
        assertThat(server.engine.next().request.sampling().seed()).isEqualTo(9);
    }

    @Test
    void promptsAsTokenIds() throws InterruptedException {
        assertThat(server.post(ROUTE, "{\"prompt\":[5,6,7],\"echo\":true}").body())
                .contains("\"text\":\"<5><6><7> Paris.\"");
        assertThat(server.engine.next().request.promptTokens()).containsExactly(5, 6, 7);
        server.post(ROUTE, "{\"prompt\":[[5],[6,7]]}");
        assertThat(server.engine.next().request.promptTokens()).containsExactly(5);
        assertThat(server.engine.next().request.promptTokens()).containsExactly(6, 7);
    }

    @Test
    void theBestOfSeveral() {
        server.engine.script = fake -> {
            int number = fake.request.sampling().stream();
            fake.token(5, "t" + number, -3 + number, false);
            fake.finish(FinishReason.LENGTH);
        };
        String body = complete(",'best_of':3,'n':2,'seed':1,'max_tokens':1").body();
        assertThat(body)
                .contains("\"index\":0,\"text\":\"t2\"", "\"index\":1,\"text\":\"t1\"", "\"completion_tokens\":3")
                .doesNotContain("t0");
    }

    @Test
    void completionsOfALongPromptWaitForItsKeysAndValues() throws InterruptedException {
        server.close();
        server = new TestServer(TestServer.config(new Limits(8, 3, 4, 200, 256, 1 << 20)));
        server.engine.manual();
        try (TestServer.Raw raw = server.raw()
                .post(
                        ROUTE,
                        "{\"prompt\":\"%s\",\"n\":2,\"max_tokens\":2}"
                                .formatted("a ".repeat(90).strip()))) {
            FakeInference.Fake first = server.engine.next();
            assertThat(server.engine.submitted.isEmpty()).isTrue();
            first.step(fake -> fake.token(5, "x", -1, false));
            FakeInference.Fake second = server.engine.next();
            second.step(fake -> {
                fake.token(6, "y", -1, false);
                fake.finish(FinishReason.LENGTH);
            });
            first.step(fake -> fake.finish(FinishReason.LENGTH));
            assertThat(raw.readUntil("}}")).contains("\"index\":0,\"text\":\"x\"", "\"index\":1,\"text\":\"y\"");
        } catch (java.io.IOException e) {
            throw new AssertionError(e);
        }
        assertThat(server.idle()).isTrue();
    }

    @Test
    void logprobsByteForByte() {
        server.engine.script = fake -> {
            fake.token(new TokenEvent(
                    5,
                    "é",
                    -0.5f,
                    false,
                    false,
                    List.of(new Alternative(9, "x", -0.25f), new Alternative(8, "y", Float.NEGATIVE_INFINITY))));
            fake.token(new TokenEvent(6, "b", -1f, false, false, List.of(new Alternative(6, "b", -1f))));
            fake.token(FakeInference.EOS, "</s>", -2, false);
            fake.finish(FinishReason.EOS_TOKEN);
        };
        assertThat(complete(",'logprobs':2").body())
                .contains("\"logprobs\":{\"tokens\":[\"é\",\"b\"],\"token_logprobs\":[-0.5,-1.0],\"top_logprobs\":["
                        + "{\"x\":-0.25,\"y\":-9999.0,\"é\":-0.5},{\"b\":-1.0}],\"text_offset\":[0,1]}");
    }

    @Test
    void echoWithLogprobsOfThePrompt() throws InterruptedException {
        server.engine.script = fake -> {
            fake.prompt(
                    new PromptToken(1, "<s>", Float.NaN),
                    new PromptToken(4, "one", -1.5f),
                    new PromptToken(4, "two", -2f),
                    new PromptToken(4, " three", -3f));
            fake.token(5, "!", -0.5f, false);
            fake.finish(FinishReason.LENGTH);
        };
        assertThat(complete(",'logprobs':0,'echo':true,'max_tokens':1").body())
                .contains("\"text\":\"one two three!\",\"logprobs\":{"
                        + "\"tokens\":[\"<s>\",\"one\",\" two\",\" three\",\"!\"],"
                        + "\"token_logprobs\":[null,-1.5,-2.0,-3.0,-0.5],"
                        + "\"top_logprobs\":[null,{\"one\":-1.5},{\" two\":-2.0},{\" three\":-3.0},{\"!\":-0.5}],"
                        + "\"text_offset\":[0,0,3,7,13]}");
        assertThat(server.engine.next().request.promptLogprobs()).isTrue();
        String scored = complete(",'logprobs':0,'echo':true,'max_tokens':0").body();
        assertThat(scored)
                .contains("\"text\":\"one two three\"", "\"finish_reason\":\"length\"", "\"completion_tokens\":0")
                .doesNotContain("!");
    }

    @Test
    void theModelIsTheAdapter() throws InterruptedException {
        server.engine.addAdapter("pirate");
        HttpResponse<String> response = complete(",'model':'pirate'");
        assertThat(response.body()).contains("\"model\":\"pirate\"");
        assertThat(response.headers().firstValue("x-adapter-id")).contains("pirate");
        assertThat(server.engine.adapterRequests).hasSize(1);
        for (String base : List.of("'model':''", "'model':null", "'model':'stheno-8m'", "'model':'__base_model__'")) {
            assertThat(complete("," + base).body()).contains("\"model\":\"stheno-8m\"");
        }
        assertThat(complete(",'model':'stheno-8m','adapter_id':'pirate'").body())
                .contains("\"model\":\"pirate\"");
        assertThat(complete(",'merged_adapters':{'ids':['a','b'],'weights':[1,2]}")
                        .body())
                .contains("\"model\":\"a,b\"");
    }
}
