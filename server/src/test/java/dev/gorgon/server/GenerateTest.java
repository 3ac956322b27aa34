package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.sample.SamplingParameters;
import dev.gorgon.engine.schedule.AdapterSelection;
import dev.gorgon.engine.schedule.FinishReason;
import dev.gorgon.engine.schedule.GenerateRequest;
import dev.gorgon.engine.schedule.PromptToken;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.hub.AdapterSource;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers in one piece: sections 1.4, 1.7, 1.10, 2 and 4 of the contract. */
class GenerateTest {
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

    @Test
    void withoutDetailsOnlyTheText() {
        String expected = "{\"generated_text\":\" Paris.\"}";
        assertThat(server.post("/generate", "{\"inputs\":\"a b\"}").body()).isEqualTo(expected);
        assertThat(server.post("/generate", "{\"inputs\":\"a b\",\"stream\":true}")
                        .body())
                .isEqualTo(expected);
        assertThat(server.post("/", "{\"inputs\":\"a b\"}").body()).isEqualTo("[" + expected + "]");
        assertThat(server.post("/invocations", "{\"inputs\":\"a b\"}").body()).isEqualTo("[" + expected + "]");
    }

    @Test
    void detailsInOrder() {
        assertThat(server.generate("'details':true".replace('\'', '"')).body())
                .isEqualTo("{\"generated_text\":\" Paris.\",\"details\":{\"finish_reason\":\"eos_token\","
                        + "\"prompt_tokens\":4,\"generated_tokens\":3,\"skipped_tokens\":1,\"seed\":null,\"prefill\":[],"
                        + "\"tokens\":["
                        + "{\"id\":3681,\"text\":\" Paris\",\"logprob\":-0.0123,\"special\":false,\"skipped\":false},"
                        + "{\"id\":28723,\"text\":\".\",\"logprob\":-0.21,\"special\":false,\"skipped\":true},"
                        + "{\"id\":2,\"text\":\"</s>\",\"logprob\":-0.05,\"special\":true,\"skipped\":false}]}}");
    }

    @Test
    void promptDetailsAlternativesAndNonFiniteNumbers() throws InterruptedException {
        server.engine.script = fake -> {
            fake.prompt(new PromptToken(1, "<s>", Float.NaN), new PromptToken(7, "one", -1.5e-4f));
            fake.token(new TokenEvent(
                    5,
                    "x",
                    Float.NEGATIVE_INFINITY,
                    false,
                    false,
                    List.of(
                            new TokenEvent.Alternative(5, "x", -1e-12f),
                            new TokenEvent.Alternative(6, "\"\n", Float.NEGATIVE_INFINITY))));
            fake.finish(FinishReason.LENGTH);
        };
        assertThat(server.generate("\"decoder_input_details\":true,\"return_k_alternatives\":2")
                        .body())
                .isEqualTo("{\"generated_text\":\"x\",\"details\":{\"finish_reason\":\"length\",\"prompt_tokens\":4,"
                        + "\"generated_tokens\":1,\"skipped_tokens\":0,\"seed\":null,\"prefill\":["
                        + "{\"id\":1,\"text\":\"<s>\",\"logprob\":null},"
                        + "{\"id\":7,\"text\":\"one\",\"logprob\":-0.00015}],\"tokens\":["
                        + "{\"id\":5,\"text\":\"x\",\"logprob\":null,\"special\":false,\"alternative_tokens\":["
                        + "{\"id\":5,\"text\":\"x\",\"logprob\":-1e-12},"
                        + "{\"id\":6,\"text\":\"\\\"\\n\",\"logprob\":null}],\"skipped\":false}]}}");
        GenerateRequest request = server.engine.next().request;
        assertThat(request.promptLogprobs()).isTrue();
        assertThat(request.alternatives()).isEqualTo(2);
    }

    @Test
    void fullTextStartsWithThePrompt() {
        assertThat(server.generate("\"return_full_text\":true").body())
                .isEqualTo("{\"generated_text\":\"one two three Paris.\"}");
    }

    @Test
    void defaults() throws InterruptedException {
        server.generate("");
        GenerateRequest request = server.engine.next().request;
        assertThat(request.sampling()).isEqualTo(SamplingParameters.GREEDY);
        assertThat(request.maxNewTokens()).isEqualTo(28);
        assertThat(request.speculativeTokens()).isEqualTo(GenerateRequest.ANY_SPECULATION);
        assertThat(request.adapter()).isEqualTo(AdapterSelection.DEFAULT);
        assertThat(request.stopSequences()).isEmpty();
        assertThat(request.ignoreEos()).isFalse();
    }

    @Test
    void everyParameterReachesTheEngine() throws InterruptedException {
        server.generate("\"do_sample\":true,\"temperature\":0.5,\"top_k\":40000,\"top_p\":0.9,\"typical_p\":0.8,"
                + "\"repetition_penalty\":1.1,\"frequency_penalty\":-0.5,\"presence_penalty\":0.25,\"watermark\":true,"
                + "\"seed\":18446744073709551615,\"max_new_tokens\":7,\"ignore_eos_token\":true,\"stop\":[\"x\",\"yy\"],"
                + "\"speculative_tokens\":3");
        GenerateRequest request = server.engine.next().request;
        assertThat(request.sampling())
                .isEqualTo(new SamplingParameters(true, 0.5f, 32_000, 0.9f, 0.8f, 1.1f, -0.5f, 0.25f, true, -1L, 0));
        assertThat(request.maxNewTokens()).isEqualTo(7);
        assertThat(request.ignoreEos()).isTrue();
        assertThat(request.stopSequences()).containsExactly("x", "yy");
        assertThat(request.speculativeTokens()).isEqualTo(3);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "\"temperature\":1.0 | false",
                "\"temperature\":0 | false",
                "\"temperature\":0,\"do_sample\":true | false",
                "\"temperature\":0,\"top_k\":5 | false",
                "\"top_p\":1.0 | false",
                "\"do_sample\":true | true",
                "\"temperature\":0.7 | true",
                "\"top_k\":1 | true",
                "\"top_p\":0.99 | true",
                "\"typical_p\":0.5 | true",
            })
    void whenARequestSamples(String parameters, boolean samples) throws InterruptedException {
        String body = server.generate("\"details\":true," + parameters).body();
        assertThat(server.engine.next().request.sampling().sample()).isEqualTo(samples);
        assertThat(body.contains("\"seed\":null")).isEqualTo(!samples);
    }

    @Test
    void seedsAreUnsignedAndReported() throws InterruptedException {
        assertThat(server.generate("\"details\":true,\"do_sample\":true,\"seed\":18446744073709551615")
                        .body())
                .contains("\"seed\":18446744073709551615,");
        server.engine.next();
        String body = server.generate("\"details\":true,\"do_sample\":true").body();
        long drawn = server.engine.next().request.sampling().seed();
        assertThat(body).contains("\"seed\":" + Long.toUnsignedString(drawn) + ",");
        server.generate("\"do_sample\":true");
        assertThat(server.engine.next().request.sampling().seed()).isNotEqualTo(drawn);
    }

    @Test
    void speculationCanBeSwitchedOff() throws InterruptedException {
        server.generate("\"speculative_tokens\":0");
        assertThat(server.engine.next().request.speculativeTokens()).isZero();
        server.generate("\"speculative_tokens\":4294967295");
        assertThat(server.engine.next().request.speculativeTokens()).isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void bestOfPicksTheHighestMeanLogprob() throws InterruptedException {
        server.engine.manual();
        CompletableFuture<HttpResponse<String>> answer = CompletableFuture.supplyAsync(
                () -> server.generate("\"details\":true,\"best_of\":3,\"do_sample\":true"));
        FakeInference.Fake first = server.engine.next();
        FakeInference.Fake second = server.engine.next();
        FakeInference.Fake third = server.engine.next();
        third.step(fake -> say(fake, "third", -0.3f, -0.5f));
        first.step(fake -> say(fake, "first", -0.2f));
        second.step(fake -> say(fake, "second", -0.1f));
        String body = answer.join().body();
        assertThat(body).startsWith("{\"generated_text\":\"second\"");
        assertThat(body)
                .containsSubsequence(
                        "\"best_of_sequences\":[{\"generated_text\":\"first\",\"finish_reason\":\"length\",",
                        "\"generated_tokens\":1,\"seed\":",
                        "\"prefill\":[],\"tokens\":[",
                        "{\"generated_text\":\"third");
        List<Long> seeds = List.of(
                first.request.sampling().seed(),
                second.request.sampling().seed(),
                third.request.sampling().seed());
        assertThat(seeds).doesNotHaveDuplicates();
        assertThat(body).contains("\"seed\":" + Long.toUnsignedString(seeds.get(1)));
        assertThat(server.idle()).isTrue();
    }

    private static void say(FakeInference.Fake fake, String text, float... logprobs) {
        for (float logprob : logprobs) {
            fake.token(9, text, logprob, false);
        }
        fake.finish(FinishReason.LENGTH);
    }

    @Test
    void oneFailureOfBestOfFailsAndCancelsAll() throws InterruptedException {
        server.engine.manual();
        CompletableFuture<HttpResponse<String>> answer =
                CompletableFuture.supplyAsync(() -> server.generate("\"best_of\":2,\"do_sample\":true"));
        FakeInference.Fake first = server.engine.next();
        FakeInference.Fake second = server.engine.next();
        second.step(fake -> fake.fail("out of blocks"));
        assertThat(answer.join().statusCode()).isEqualTo(424);
        assertThat(answer.join().body())
                .isEqualTo("{\"error\":\"Request failed during generation: Server error: out of blocks\","
                        + "\"error_type\":\"generation\"}");
        assertThat(first.awaitCancel()).isTrue();
        assertThat(server.idle()).isTrue();
    }

    @Test
    void headers() {
        server.engine.addAdapter("my/adapter");
        HttpResponse<String> response = server.generate("\"adapter_id\":\"my/adapter\",\"adapter_source\":\"Local\"");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        assertHeader(response, "x-compute-type", "gpu\\+optimized");
        assertHeader(response, "x-compute-characters", "13");
        assertHeader(response, "x-model-id", "stheno-8m");
        assertHeader(response, "x-adapter-id", "my/adapter");
        assertHeader(response, "x-adapter-source", "Local");
        assertHeader(response, "x-prompt-tokens", "4");
        assertHeader(response, "x-generated-tokens", "3");
        assertHeader(response, "x-skipped-tokens", "1");
        assertHeader(response, "x-total-tokens", "7");
        assertHeader(response, "x-inference-time", "19");
        assertHeader(response, "x-time-to-first-token", "7");
        assertHeader(response, "x-time-per-token", "6");
        assertHeader(response, "x-time-per-output-token", "6");
        for (String name : List.of("x-compute-time", "x-total-time", "x-validation-time", "x-queue-time")) {
            assertHeader(response, name, "\\d+");
        }
        assertThat(response.headers().firstValue("x-compute-time"))
                .isEqualTo(response.headers().firstValue("x-total-time"));
    }

    private static void assertHeader(HttpResponse<String> response, String name, String pattern) {
        assertThat(response.headers().firstValue(name).orElse("absent"))
                .as(name)
                .matches(pattern);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\"adapter_id\":null", "\"adapter_id\":\"\"", "\"adapter_id\":\"__base_model__\""})
    void namesOfTheBaseModel(String parameters) throws InterruptedException {
        HttpResponse<String> response =
                server.generate(parameters + (parameters.isEmpty() ? "" : ",") + "\"adapter_source\":\"nowhere\"");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("x-adapter-id")).isEmpty();
        assertThat(response.headers().firstValue("x-adapter-source")).isEmpty();
        assertThat(server.engine.next().request.adapter())
                .isEqualTo(parameters.contains("__") ? AdapterSelection.BASE : AdapterSelection.DEFAULT);
        assertThat(server.engine.adapterRequests).isEmpty();
    }

    @Test
    void adaptersAreLoadedWithSourceAndCredential() throws InterruptedException {
        server.engine.addAdapter("a");
        HttpResponse<String> response = server.send(server.request("/generate")
                .header("content-type", "application/json")
                .header("authorization", "Bearer hf_secret")
                .POST(HttpRequest.BodyPublishers.ofString(TestServer.body("'adapter_id':'a'")))
                .build());
        assertThat(response.headers().firstValue("x-adapter-source")).contains("hub");
        assertThat(server.engine.next().request.adapter())
                .isInstanceOfSatisfying(
                        AdapterSelection.Of.class,
                        of -> assertThat(of.slot().identity()).isEqualTo("a"));
        server.generate("\"adapter_id\":\"a\",\"adapter_source\":\"PBASE\",\"api_token\":\"mine\"");
        server.generate("\"merged_adapters\":{\"ids\":[\"a\"],\"weights\":[2]}");
        assertThat(server.engine.adapterRequests)
                .containsExactly(
                        new AdapterRef("a", AdapterSource.HUB, "hf_secret"),
                        new AdapterRef("a", AdapterSource.PBASE, "mine"),
                        new AdapterRef("a", AdapterSource.HUB, ""));
        assertThat(server.engine.adapterRequests.toString()).doesNotContain("secret");
    }

    @Test
    void adapterFailures() throws InterruptedException {
        HttpResponse<String> response = server.generate("\"adapter_id\":\"missing\"");
        assertThat(response.statusCode()).isEqualTo(424);
        assertThat(response.body())
                .isEqualTo("{\"error\":\"Request failed during generation: Server error: "
                        + "No valid adapter config file found: tried None and None\",\"error_type\":\"generation\","
                        + "\"code\":\"invalid_adapter\"}");
        assertThat(server.stream("\"adapter_id\":\"missing\"").body()).isEqualTo("data: " + response.body() + "\n\n");
        assertThat(server.generate("\"adapter_id\":\"missing\",\"adapter_source\":\"moon\"")
                        .body())
                .isEqualTo("{\"error\":\"Request failed during generation: Server error: "
                        + "Invalid source 'moon' when downloading adapter 'missing'\",\"error_type\":\"generation\"}");
        assertThat(server.idle()).isTrue();
    }

    @Test
    void manyRequestsAtOnce() {
        List<CompletableFuture<HttpResponse<String>>> answers = java.util.stream.IntStream.range(0, 8)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> server.generate("\"details\":true")))
                .toList();
        assertThat(answers)
                .allSatisfy(answer -> assertThat(answer.join().statusCode()).isEqualTo(200));
    }

    @Test
    void bothProtocolsOfTheJdkClient() {
        for (var version : java.net.http.HttpClient.Version.values()) {
            if (version.name().equals("HTTP_3")) {
                continue;
            }
            HttpResponse<String> response = server.send(server.request("/generate")
                    .version(version)
                    .header("content-type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString("{\"inputs\":\"a\"}"))
                    .build());
            assertThat(response.statusCode()).isEqualTo(200);
        }
    }
}
