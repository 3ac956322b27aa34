package dev.gorgon.client.types;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.client.error.ValidationException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GenerateRequestTest {

    private static GenerateRequest.Builder request() {
        return GenerateRequest.builder("p");
    }

    /** A parameter and the JSON it becomes. */
    private static Arguments sets(UnaryOperator<GenerateRequest.Builder> parameter, String json) {
        return Arguments.of(parameter, json);
    }

    static Stream<Arguments> parameters() {
        return Stream.of(
                sets(r -> r.adapterId("owner/name"), "\"adapter_id\":\"owner/name\""),
                sets(r -> r.adapterSource(AdapterSource.HUB), "\"adapter_source\":\"hub\""),
                sets(r -> r.adapterSource(AdapterSource.LOCAL), "\"adapter_source\":\"local\""),
                sets(r -> r.adapterSource(AdapterSource.S3), "\"adapter_source\":\"s3\""),
                sets(r -> r.adapterSource(AdapterSource.PBASE), "\"adapter_source\":\"pbase\""),
                sets(
                        r -> r.mergedAdapters(MergedAdapters.linear(List.of("a", "b"), List.of(0.7, 0.3))),
                        "\"merged_adapters\":{\"ids\":[\"a\",\"b\"],\"weights\":[0.7,0.3],\"merge_strategy\":\"linear\","
                                + "\"density\":1.0,\"majority_sign_method\":\"total\"}"),
                sets(r -> r.apiToken("hf_x"), "\"api_token\":\"hf_x\""),
                sets(r -> r.doSample(true), "\"do_sample\":true"),
                sets(r -> r.bestOf(2).doSample(true), "\"best_of\":2"),
                sets(r -> r.repetitionPenalty(1.1), "\"repetition_penalty\":1.1"),
                sets(r -> r.frequencyPenalty(-2), "\"frequency_penalty\":-2.0"),
                sets(r -> r.presencePenalty(2), "\"presence_penalty\":2.0"),
                sets(r -> r.returnFullText(true), "\"return_full_text\":true"),
                sets(r -> r.seed(7), "\"seed\":7"),
                sets(r -> r.seed(-1), "\"seed\":18446744073709551615"),
                sets(r -> r.stopSequences("a").stopSequences("b", "\n"), "\"stop\":[\"a\",\"b\",\"\\n\"]"),
                sets(r -> r.temperature(0.7), "\"temperature\":0.7"),
                sets(r -> r.temperature(0), "\"temperature\":0.0"),
                sets(r -> r.topK(40), "\"top_k\":40"),
                sets(r -> r.topP(1), "\"top_p\":1.0"),
                sets(r -> r.typicalP(0.5), "\"typical_p\":0.5"),
                sets(r -> r.truncate(100), "\"truncate\":100"),
                sets(r -> r.watermark(true), "\"watermark\":true"),
                sets(r -> r.maxNewTokens(64), "\"max_new_tokens\":64"),
                sets(r -> r.ignoreEosToken(true), "\"ignore_eos_token\":true"),
                sets(r -> r.speculativeTokens(0), "\"speculative_tokens\":0"),
                sets(r -> r.details(false), "\"details\":false"),
                sets(r -> r.decoderInputDetails(true), "\"decoder_input_details\":true"),
                sets(r -> r.returnKAlternatives(3), "\"return_k_alternatives\":3"),
                sets(
                        r -> r.responseFormat(ResponseFormat.jsonObject()),
                        "\"response_format\":{\"type\":\"json_object\"}"),
                sets(
                        r -> r.responseFormat(ResponseFormat.jsonSchema("{\"type\": \"object\"}")),
                        "\"response_format\":{\"type\":\"json_object\",\"schema\":{\"type\": \"object\"}}"),
                sets(
                        r -> r.responseFormat(
                                ResponseFormat.jsonSchema(Map.of("enum", Arrays.asList("x", 1, true, null)))),
                        "\"response_format\":{\"type\":\"json_object\",\"schema\":{\"enum\":[\"x\",1,true,null]}}"));
    }

    @ParameterizedTest
    @MethodSource("parameters")
    void everyParameter(UnaryOperator<GenerateRequest.Builder> parameter, String json) {
        assertThat(parameter.apply(request()).build().json()).contains(json);
        String name = json.substring(0, json.indexOf(':') + 1);
        assertThat(request().build().json()).doesNotContain(json);
        assertThat(parameter.apply(request()).build().json()).containsOnlyOnce(name);
    }

    /** What is not set is the server's affair; switches and details always go along, as with the Python client. */
    @Test
    void nothingElseIsSent() {
        assertThat(GenerateRequest.of("say \"hi\"\n").json())
                .isEqualTo("{\"inputs\":\"say \\\"hi\\\"\\n\",\"parameters\":{\"do_sample\":false,\"watermark\":false,"
                        + "\"ignore_eos_token\":false,\"stop\":[],\"return_full_text\":false,\"details\":true,"
                        + "\"decoder_input_details\":false}}");
    }

    private static Arguments refuses(String message, UnaryOperator<GenerateRequest.Builder> parameter) {
        return Arguments.of(message, parameter);
    }

    static Stream<Arguments> broken() {
        MergedAdapters merged = MergedAdapters.linear(List.of("a"), List.of(1.0));
        return Stream.of(
                refuses("at most one of `adapter_id`", r -> r.adapterId("a").mergedAdapters(merged)),
                refuses("at most one of `adapter_id`", r -> r.adapterId("").mergedAdapters(merged)),
                refuses("`best_of`", r -> r.bestOf(0)),
                refuses("you must use sampling", r -> r.bestOf(2)),
                refuses("`seed` must not", r -> r.bestOf(2).topK(3).seed(1)),
                refuses("`temperature`", r -> r.temperature(-0.1)),
                refuses("`temperature`", r -> r.temperature(Double.NaN)),
                refuses("`temperature`", r -> r.temperature(Double.POSITIVE_INFINITY)),
                refuses("`repetition_penalty`", r -> r.repetitionPenalty(0)),
                refuses("`frequency_penalty`", r -> r.frequencyPenalty(2.1)),
                refuses("`presence_penalty`", r -> r.presencePenalty(-2.1)),
                refuses("`top_p`", r -> r.topP(0)),
                refuses("`top_p`", r -> r.topP(1.01)),
                refuses("`typical_p`", r -> r.typicalP(0)),
                refuses("`typical_p`", r -> r.typicalP(1)),
                refuses("`top_k`", r -> r.topK(0)),
                refuses("`truncate`", r -> r.truncate(0)),
                refuses("`max_new_tokens`", r -> r.maxNewTokens(0)),
                refuses("`speculative_tokens`", r -> r.speculativeTokens(-1)),
                refuses("`return_k_alternatives`", r -> r.returnKAlternatives(0)));
    }

    @ParameterizedTest
    @MethodSource("broken")
    void brokenRules(String message, UnaryOperator<GenerateRequest.Builder> parameter) {
        assertThatThrownBy(() -> parameter.apply(request()).build())
                .isInstanceOf(ValidationException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void promptsAreNotEmpty() {
        assertThatThrownBy(() -> GenerateRequest.of("")).isInstanceOf(ValidationException.class);
    }

    @Test
    void notEverythingCanBeStreamed() {
        request().bestOf(1).build().requireStreamable();
        GenerateRequest several = request().bestOf(2).doSample(true).build();
        GenerateRequest prefill = request().decoderInputDetails(true).build();
        assertThatThrownBy(several::requireStreamable).isInstanceOf(ValidationException.class);
        assertThatThrownBy(prefill::requireStreamable).isInstanceOf(ValidationException.class);
    }

    /** Requests are logged by accident sooner or later. */
    @Test
    void secretsAreNotShown() {
        assertThat(request().apiToken("hf_secret").build().toString()).doesNotContain("hf_secret");
    }

    @Test
    void whatWasBuiltStays() {
        GenerateRequest.Builder builder = request().stopSequences("a");
        GenerateRequest built = builder.build();
        builder.stopSequences("b").topK(3);
        assertThat(built.json()).contains("\"stop\":[\"a\"]").doesNotContain("top_k");
        assertThat(built.prompt()).isEqualTo("p");
    }

    @Test
    void merges() {
        MergedAdapters ties = MergedAdapters.builder()
                .add("a", 1)
                .add("b", -0.5)
                .strategy(MergeStrategy.DARE_TIES)
                .density(0.5)
                .majoritySignMethod(MajoritySignMethod.FREQUENCY)
                .build();
        assertThat(request().mergedAdapters(ties).build().json())
                .contains(
                        "{\"ids\":[\"a\",\"b\"],\"weights\":[1.0,-0.5],\"merge_strategy\":\"dare_ties\",\"density\":0.5,"
                                + "\"majority_sign_method\":\"frequency\"}");
        List<Double> two = List.of(1.0, 2.0);
        assertThatThrownBy(() -> MergedAdapters.linear(List.of(), List.of())).hasMessageContaining("at least one");
        assertThatThrownBy(() -> MergedAdapters.linear(List.of("a"), two)).hasMessageContaining("must match");
        assertThatThrownBy(() -> MergedAdapters.builder().add("a", Double.NaN).build())
                .hasMessageContaining("finite");
        for (double density : new double[] {-0.1, 1.1, Double.NaN}) {
            assertThatThrownBy(() -> MergedAdapters.builder()
                            .add("a", 1)
                            .density(density)
                            .build())
                    .hasMessageContaining("`density`");
        }
        assertThatThrownBy(() -> MergedAdapters.builder()
                        .add("a", 1)
                        .strategy(MergeStrategy.TIES)
                        .build())
                .isInstanceOf(ValidationException.class)
                .hasMessageContaining("needs a `density`");
    }

    @Test
    void schemasAreJson() {
        assertThatThrownBy(() -> ResponseFormat.jsonSchema("{")).isInstanceOf(ValidationException.class);
        assertThatThrownBy(() -> ResponseFormat.jsonSchema("{},\"best_of\":9")).isInstanceOf(ValidationException.class);
        assertThatThrownBy(() -> ResponseFormat.jsonSchema(Map.of("a", new Object())))
                .isInstanceOf(ValidationException.class);
    }
}
