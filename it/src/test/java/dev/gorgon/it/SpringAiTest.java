package dev.gorgon.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;

/** Spring AI's OpenAI model. */
class SpringAiTest {

    private static Gorgon gorgon;

    @BeforeAll
    static void start() {
        gorgon = Gorgon.serve();
    }

    @AfterAll
    static void stop() {
        gorgon.close();
    }

    private static OpenAiChatModel model(Map<String, Object> extra) {
        OpenAiChatOptions options = OpenAiChatOptions.builder()
                .baseUrl("http://127.0.0.1:" + gorgon.port() + "/v1")
                .apiKey("EMPTY")
                .model("stheno-8m")
                .temperature(0.0)
                .maxTokens(64)
                .extraBody(extra)
                .streamUsage(true)
                .build();
        return OpenAiChatModel.builder().options(options).build();
    }

    private static String reference(String parameters) {
        return gorgon.generate("[INST] Who are you? [/INST]", "\"max_new_tokens\":64" + parameters)
                .path("generated_text")
                .stringValue();
    }

    @Test
    void chats() {
        ChatResponse response = model(Map.of()).call(new Prompt("Who are you?"));
        assertThat(response.getResult().getOutput().getText()).isEqualTo(reference(""));
        assertThat(response.getMetadata().getUsage().getCompletionTokens()).isPositive();
        assertThat(response.getMetadata().getModel()).isEqualTo("stheno-8m");
    }

    @Test
    void streams() {
        List<ChatResponse> parts = Objects.requireNonNull(
                model(Map.of()).stream(new Prompt("Who are you?")).collectList().block());
        assertThat(parts.stream()
                        .filter(part -> part.getResult() != null)
                        .map(part -> Objects.requireNonNullElse(
                                part.getResult().getOutput().getText(), ""))
                        .collect(Collectors.joining()))
                .isEqualTo(reference(""));
        assertThat(parts.getLast().getMetadata().getUsage().getCompletionTokens())
                .isPositive();
    }

    @Test
    void extraBodyReachesTheServer() {
        ChatResponse response = model(Map.of("adapter_id", "stheno-8m-pirate-lora", "repetition_penalty", 1.1))
                .call(new Prompt("Who are you?"));
        assertThat(response.getResult().getOutput().getText())
                .isEqualTo(reference(",\"adapter_id\":\"stheno-8m-pirate-lora\",\"repetition_penalty\":1.1"));
    }
}
