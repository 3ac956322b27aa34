package dev.gorgon.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.http.client.jdk.JdkHttpClient;
import dev.langchain4j.http.client.jdk.JdkHttpClientBuilder;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import dev.langchain4j.model.output.FinishReason;
import java.net.http.HttpClient;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** LangChain4j's OpenAI models, over HTTP/1.1 and with the upgrade to HTTP/2 that the JDK's client asks for. */
class LangChain4jTest {

    private static Gorgon gorgon;

    @BeforeAll
    static void start() {
        gorgon = Gorgon.serve();
    }

    @AfterAll
    static void stop() {
        gorgon.close();
    }

    private static JdkHttpClientBuilder http(HttpClient.Version version) {
        return JdkHttpClient.builder().httpClientBuilder(HttpClient.newBuilder().version(version));
    }

    private static OpenAiChatModel.OpenAiChatModelBuilder model(HttpClient.Version version) {
        return OpenAiChatModel.builder()
                .httpClientBuilder(http(version))
                .baseUrl("http://127.0.0.1:" + gorgon.port() + "/v1")
                .apiKey("EMPTY")
                .modelName("stheno-8m")
                .temperature(0.0)
                .maxCompletionTokens(64)
                .maxRetries(0);
    }

    private static String reference() {
        return gorgon.generate("[INST] Who are you? [/INST]", "\"max_new_tokens\":64")
                .path("generated_text")
                .stringValue();
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void chats(HttpClient.Version version) {
        assertThat(model(version).build().chat("Who are you?")).isEqualTo(reference());
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void streams(HttpClient.Version version) throws Exception {
        OpenAiStreamingChatModel model = OpenAiStreamingChatModel.builder()
                .httpClientBuilder(http(version))
                .baseUrl("http://127.0.0.1:" + gorgon.port() + "/v1")
                .apiKey("EMPTY")
                .modelName("stheno-8m")
                .temperature(0.0)
                .maxCompletionTokens(64)
                .build();
        StringBuilder parts = new StringBuilder();
        CompletableFuture<ChatResponse> whole = new CompletableFuture<>();
        model.chat("Who are you?", new StreamingChatResponseHandler() {
            @Override
            public void onPartialResponse(String part) {
                parts.append(part);
            }

            @Override
            public void onCompleteResponse(ChatResponse response) {
                whole.complete(response);
            }

            @Override
            public void onError(Throwable error) {
                whole.completeExceptionally(error);
            }
        });
        ChatResponse response = whole.get(30, TimeUnit.SECONDS);
        assertThat(parts.toString())
                .isEqualTo(reference())
                .isEqualTo(response.aiMessage().text());
        assertThat(response.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(response.tokenUsage().outputTokenCount()).isPositive();
        assertThat(response.id()).startsWith("chatcmpl-");
    }

    @Test
    void mistakesAreTyped() {
        assertThatThrownBy(() ->
                        model(HttpClient.Version.HTTP_1_1).topP(7.0).build().chat("Who are you?"))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("top_p");
    }
}
