package dev.gorgon.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.OpenAIServiceException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.completions.CompletionUsage;
import com.openai.models.models.Model;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** OpenAI's official client for Java. */
class OpenAiJavaTest {
    private static final String PROMPT = "[INST] Who are you? [/INST]";

    private static Gorgon gorgon;
    private static OpenAIClient client;

    @BeforeAll
    static void start() {
        gorgon = Gorgon.serve();
        client = OpenAIOkHttpClient.builder()
                .baseUrl("http://127.0.0.1:" + gorgon.port() + "/v1")
                .apiKey("EMPTY")
                .maxRetries(0)
                .build();
    }

    @AfterAll
    static void stop() {
        client.close();
        gorgon.close();
    }

    private static ChatCompletionCreateParams.Builder chat() {
        return ChatCompletionCreateParams.builder()
                .model("stheno-8m")
                .temperature(0)
                .maxCompletionTokens(64)
                .addUserMessage("Who are you?");
    }

    private static String text(ChatCompletion completion) {
        return completion.choices().getFirst().message().content().orElseThrow();
    }

    private static String reference(String parameters) {
        return gorgon.generate(PROMPT, "\"max_new_tokens\":64" + parameters)
                .path("generated_text")
                .stringValue();
    }

    @Test
    void chat_isWhatTheNativeRouteSays() {
        ChatCompletion completion = client.chat().completions().create(chat().build());
        assertThat(text(completion)).isEqualTo(reference("")).contains("Stheno");
        assertThat(completion.id()).startsWith("chatcmpl-");
        assertThat(completion.model()).isEqualTo("stheno-8m");
        assertThat(completion.created()).isGreaterThan(1_700_000_000L);
        assertThat(completion.choices().getFirst().finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
        CompletionUsage usage = completion.usage().orElseThrow();
        assertThat(usage.totalTokens()).isEqualTo(usage.promptTokens() + usage.completionTokens());
        assertThat(usage.completionTokens()).isPositive();
    }

    @Test
    void chat_streams() {
        ChatCompletionCreateParams params = chat().streamOptions(
                        ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build();
        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(params)) {
            List<ChatCompletionChunk> chunks = stream.stream().toList();
            String text = chunks.stream()
                    .flatMap(chunk -> chunk.choices().stream())
                    .map(choice -> choice.delta().content().orElse(""))
                    .collect(Collectors.joining());
            assertThat(text).isEqualTo(reference(""));
            assertThat(chunks)
                    .allSatisfy(chunk ->
                            assertThat(chunk.id()).isEqualTo(chunks.getFirst().id()));
            assertThat(chunks.getLast().choices()).isEmpty();
            assertThat(chunks.getLast().usage().orElseThrow().completionTokens())
                    .isPositive();
            assertThat(chunks.stream()
                            .flatMap(chunk -> chunk.choices().stream())
                            .filter(choice -> choice.finishReason().isPresent()))
                    .hasSize(1);
        }
    }

    @Test
    void chat_withAnAdapterAsModel_orAsExtraBody() {
        String pirate = reference(",\"adapter_id\":\"stheno-8m-pirate-lora\"");
        assertThat(pirate).isNotEqualTo(reference(""));
        ChatCompletion byModel = client.chat()
                .completions()
                .create(chat().model("stheno-8m-pirate-lora").build());
        assertThat(text(byModel)).isEqualTo(pirate);
        assertThat(byModel.model()).isEqualTo("stheno-8m-pirate-lora");
        ChatCompletion byField = client.chat()
                .completions()
                .create(chat().putAdditionalBodyProperty("adapter_id", JsonValue.from("stheno-8m-pirate-lora"))
                        .build());
        assertThat(text(byField)).isEqualTo(pirate);
    }

    @Test
    void chat_withSeveralChoicesAndLogprobs() {
        ChatCompletion completion = client.chat()
                .completions()
                .create(chat().temperature(1).n(2).logprobs(true).topLogprobs(3).build());
        assertThat(completion.choices()).hasSize(2);
        assertThat(completion.choices().stream().map(ChatCompletion.Choice::index))
                .containsExactly(0L, 1L);
        assertThat(completion.choices())
                .allSatisfy(choice -> assertThat(
                                choice.logprobs().orElseThrow().content().orElseThrow())
                        .isNotEmpty()
                        .allSatisfy(token -> {
                            assertThat(token.logprob()).isLessThanOrEqualTo(0);
                            assertThat(token.topLogprobs()).hasSize(3);
                        }));
    }

    @Test
    void chat_stopsBeforeAStopSequence() {
        ChatCompletion completion =
                client.chat().completions().create(chat().stop("small").build());
        String whole = reference("");
        assertThat(text(completion)).isEqualTo(whole.substring(0, whole.indexOf("small")));
        assertThat(completion.choices().getFirst().finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.STOP);
    }

    @Test
    void completions_inOnePieceAndStreamed() {
        CompletionCreateParams params = CompletionCreateParams.builder()
                .model("stheno-8m")
                .prompt(PROMPT)
                .temperature(0)
                .maxTokens(64)
                .build();
        Completion completion = client.completions().create(params);
        assertThat(completion.choices().getFirst().text()).isEqualTo(reference(""));
        assertThat(completion.id()).startsWith("cmpl-");
        try (StreamResponse<Completion> stream = client.completions().createStreaming(params)) {
            assertThat(stream.stream()
                            .flatMap(chunk -> chunk.choices().stream())
                            .map(choice -> choice.text())
                            .collect(Collectors.joining()))
                    .isEqualTo(reference(""));
        }
    }

    @Test
    void completions_ofSeveralPrompts() {
        Completion completion = client.completions()
                .create(CompletionCreateParams.builder()
                        .model("stheno-8m")
                        .promptOfArrayOfStrings(List.of(PROMPT, "[INST] What is 2 + 2? [/INST]"))
                        .temperature(0)
                        .maxTokens(64)
                        .build());
        assertThat(completion.choices()).hasSize(2);
        assertThat(completion.choices().getFirst().text()).isEqualTo(reference(""));
    }

    @Test
    void models_areListed() {
        assertThat(client.models().list().data().stream().map(Model::id)).contains("stheno-8m");
    }

    @Test
    void mistakesAreTyped() {
        assertThatThrownBy(
                        () -> client.chat().completions().create(chat().topP(7).build()))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("top_p");
        assertThatThrownBy(() -> client.chat()
                        .completions()
                        .createStreaming(chat().topP(7).build())
                        .close())
                .isInstanceOf(BadRequestException.class);
        assertThatThrownBy(() -> client.chat()
                        .completions()
                        .create(chat().model("no/such-adapter").build()))
                .isInstanceOfSatisfying(OpenAIServiceException.class, failure -> {
                    assertThat(failure.statusCode()).isEqualTo(424);
                    assertThat(failure.code()).isPresent();
                });
    }
}
