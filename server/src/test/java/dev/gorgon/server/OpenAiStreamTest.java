package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.adapter.AdapterException;
import dev.gorgon.engine.adapter.AdapterSlot;
import dev.gorgon.engine.schedule.FinishReason;
import dev.gorgon.engine.schedule.TokenEvent;
import dev.gorgon.engine.schedule.TokenEvent.Alternative;
import dev.gorgon.server.TestServer.Raw;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Event streams of OpenAI's routes, byte by byte. */
class OpenAiStreamTest {
    private static final String COMPLETIONS = "/v1/completions";
    private static final String CHAT = "/v1/chat/completions";

    @SuppressWarnings("NullAway.Init")
    private TestServer server;

    @BeforeEach
    void start() {
        server = new TestServer(TestServer.config(TestServer.LIMITS).toBuilder()
                .timeouts(TestServer.QUICK)
                .build());
        server.engine.chatTemplate = Optional.of(new TestTemplate());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpResponse<String> stream(String path, String fields) {
        String prompt = path.equals(CHAT) ? "'messages':[{'role':'user','content':'x'}]" : "'prompt':'x'";
        return server.post(
                path, "{%s,'stream':true%s}".formatted(prompt, fields).replace('\'', '"'));
    }

    private static String completion(int index, String text, String finishReason, String rest) {
        return "data: {\"id\":\"cmpl-ID\",\"object\":\"text_completion\",\"created\":0,\"model\":\"stheno-8m\","
                + "\"system_fingerprint\":\"0.1.0-native\",\"choices\":[{\"index\":%d,\"text\":\"%s\","
                        .formatted(index, text)
                + "\"logprobs\":null,\"finish_reason\":%s}]%s}\n\n".formatted(finishReason, rest);
    }

    private static String chat(String delta, String finishReason, String rest) {
        return "data: {\"id\":\"chatcmpl-ID\",\"object\":\"chat.completion.chunk\",\"created\":0,"
                + "\"model\":\"stheno-8m\",\"system_fingerprint\":\"0.1.0-native\",\"choices\":[{\"index\":0,"
                + "\"delta\":{%s},\"logprobs\":null,\"finish_reason\":%s}]%s}\n\n".formatted(delta, finishReason, rest);
    }

    @Test
    void completionByteForByte() {
        assertThat(CompletionsTest.normal(stream(COMPLETIONS, "").body()))
                .isEqualTo(completion(0, " Paris", "null", "") + completion(0, ".", "null", "")
                        + completion(0, "", "\"stop\"", "") + "data: [DONE]\n\n");
    }

    @Test
    void chatWithUsageByteForByte() {
        String none = ",\"usage\":null";
        assertThat(CompletionsTest.normal(
                        stream(CHAT, ",'stream_options':{'include_usage':true}").body()))
                .isEqualTo(chat("\"role\":\"assistant\",\"content\":\"\",\"refusal\":null", "null", none)
                        + chat("\"content\":\" Paris\"", "null", none)
                        + chat("\"content\":\".\"", "null", none)
                        + chat("", "\"stop\"", none)
                        + "data: {\"id\":\"chatcmpl-ID\",\"object\":\"chat.completion.chunk\",\"created\":0,"
                        + "\"model\":\"stheno-8m\",\"system_fingerprint\":\"0.1.0-native\",\"choices\":[],"
                        + "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":3,\"total_tokens\":6,"
                        + "\"prompt_tokens_details\":{\"cached_tokens\":0}}}\n\n"
                        + "data: [DONE]\n\n");
    }

    @Test
    void headers() {
        HttpResponse<String> response = stream(CHAT, "");
        assertThat(response.headers().firstValue("content-type")).contains("text/event-stream");
        assertThat(response.headers().firstValue("cache-control")).contains("no-cache");
        assertThat(response.headers().firstValue("x-accel-buffering")).contains("no");
        assertThat(response.headers().firstValue("x-compute-characters")).contains("22");
        assertThat(response.headers().firstValue("x-model-id")).contains("stheno-8m");
    }

    @Test
    void textThatMayBecomeAStopIsHeldBack() throws IOException, InterruptedException {
        server.engine.manual();
        try (Raw raw =
                server.raw().post(COMPLETIONS, "{\"prompt\":\"x\",\"stream\":true,\"stop\":[\"END\",\"\\n\\n\"]}")) {
            raw.readUntil("\r\n\r\n");
            FakeInference.Fake fake = server.engine.next();
            fake.step(f -> f.token(5, "a E", -1, false));
            assertThat(raw.readUntil("\n\n")).contains("\"text\":\"a \"");
            fake.step(f -> f.token(6, "N", -1, false));
            fake.step(f -> f.token(6, "d\n", -1, false));
            assertThat(raw.readUntil("\n\n")).contains("\"text\":\"ENd\"");
            fake.step(f -> {
                f.token(6, "b\n", -1, false);
                f.token(6, "\n", -1, true);
                f.finish(FinishReason.STOP_SEQUENCE);
            });
            String rest = raw.readUntil("0\r\n\r\n");
            assertThat(rest).contains("\"text\":\"\\nb\"", "\"finish_reason\":\"stop\"", "data: [DONE]\n\n");
            assertThat(rest).doesNotContain("\"text\":\"\\n\"");
        }
        assertThat(server.idle()).isTrue();
    }

    @Test
    void textHeldBackForNothingComesAtTheEnd() {
        server.engine.script = fake -> {
            fake.token(5, "a E", -1, false);
            fake.finish(FinishReason.LENGTH);
        };
        assertThat(stream(COMPLETIONS, ",'stop':'END'").body())
                .contains("\"text\":\"a \"", "\"text\":\"E\"", "\"finish_reason\":\"length\"");
    }

    @Test
    void choicesKeepTheirNumbers() {
        server.engine.script = fake -> {
            fake.token(5, "t" + fake.request.sampling().stream(), -1, false);
            fake.finish(FinishReason.LENGTH);
        };
        assertThat(CompletionsTest.normal(
                        stream(COMPLETIONS, ",'n':2,'seed':3,'max_tokens':1").body()))
                .contains(completion(0, "t0", "null", ""), completion(1, "t1", "null", ""))
                .contains(completion(0, "", "\"length\"", ""), completion(1, "", "\"length\"", ""))
                .endsWith("data: [DONE]\n\n")
                .containsOnlyOnce("[DONE]");
    }

    @Test
    void logprobsTravelWithTheirText() {
        server.engine.script = fake -> {
            fake.token(new TokenEvent(5, "a", -1, false, false, List.of(new Alternative(5, "a", -1))));
            fake.token(6, "E", -2, false);
            fake.token(7, "b", -3, false);
            fake.token(FakeInference.EOS, "</s>", -1, false);
            fake.finish(FinishReason.EOS_TOKEN);
        };
        String chat =
                stream(CHAT, ",'logprobs':true,'top_logprobs':1,'stop':'EN'").body();
        assertThat(chat)
                .contains(
                        "{\"content\":\"a\"},\"logprobs\":{\"content\":[{\"token\":\"a\",\"logprob\":-1.0,\"bytes\":[97],"
                                + "\"top_logprobs\":[{\"token\":\"a\",\"logprob\":-1.0,\"bytes\":[97]}]}],\"refusal\":null}")
                .contains("{\"content\":\"Eb\"},\"logprobs\":{\"content\":[{\"token\":\"E\",\"logprob\":-2.0")
                .doesNotContain("</s>");
        String completion =
                stream(COMPLETIONS, ",'logprobs':0,'stop':'EN','echo':true").body();
        assertThat(completion)
                .contains("\"text\":\"x\",\"logprobs\":{\"tokens\":[]")
                .contains("\"tokens\":[\"E\",\"b\"],\"token_logprobs\":[-2.0,-3.0],"
                        + "\"top_logprobs\":[{\"E\":-2.0},{\"b\":-3.0}],\"text_offset\":[2,3]}");
    }

    @Test
    void anEmptyCompletionStillHasARoleAndAnEnd() {
        server.engine.script = fake -> {
            fake.token(FakeInference.EOS, "</s>", -1, false);
            fake.finish(FinishReason.EOS_TOKEN);
        };
        assertThat(CompletionsTest.normal(stream(CHAT, "").body()))
                .isEqualTo(chat("\"role\":\"assistant\",\"content\":\"\",\"refusal\":null", "null", "")
                        + chat("", "\"stop\"", "") + "data: [DONE]\n\n");
    }

    @Test
    void nothingIsSentBeforeTheRequestIsFoundValid() throws IOException, InterruptedException {
        CompletableFuture<AdapterSlot> adapter = new CompletableFuture<>();
        server.engine.adapters.put("slow", adapter);
        adapter.completeExceptionally(new AdapterException("broken"));
        assertThat(stream(COMPLETIONS, ",'model':'slow'").statusCode()).isEqualTo(424);
        assertThat(stream(COMPLETIONS, ",'n':9").statusCode()).isEqualTo(400);
        assertThat(stream(CHAT, ",'temperature':-1").statusCode()).isEqualTo(400);
        server.engine.chatTemplate = Optional.empty();
        assertThat(stream(CHAT, "").statusCode()).isEqualTo(400);
        assertThat(server.idle()).isTrue();
    }

    @Test
    void slowAdaptersAndPromptsAreBridgedByComments() throws IOException, InterruptedException {
        server.engine.manual();
        CompletableFuture<AdapterSlot> adapter = new CompletableFuture<>();
        server.engine.adapters.put("slow", adapter);
        try (Raw raw = server.raw().post(COMPLETIONS, "{\"prompt\":\"x\",\"stream\":true,\"model\":\"slow\"}")) {
            assertThat(raw.readUntil("\r\n\r\n"))
                    .startsWith("HTTP/1.1 200 OK\r\n")
                    .contains("x-adapter-id: slow");
            assertThat(raw.readUntil("\n\n")).isEqualTo("3\r\n:\n\n");
            adapter.complete(AdapterSlot.resident(FakeInference.adapter("slow")));
            FakeInference.Fake fake = server.engine.next();
            assertThat(raw.readUntil("\n\n")).isEqualTo("\r\n3\r\n:\n\n");
            fake.step(FakeInference::paris);
            assertThat(raw.readUntil("0\r\n\r\n")).contains("data: [DONE]\n\n");
        }
    }

    @Test
    void failuresAfterTheHeadAreEvents() throws IOException, InterruptedException {
        CompletableFuture<AdapterSlot> adapter = new CompletableFuture<>();
        server.engine.adapters.put("slow", adapter);
        try (Raw raw = server.raw()
                .post(
                        CHAT,
                        ("{'messages':[{'role':'user','content':'x'}],'stream':true," + "'model':'slow'}")
                                .replace('\'', '"'))) {
            raw.readUntil("\r\n\r\n");
            adapter.completeExceptionally(new AdapterException("broken"));
            assertThat(raw.readUntil("0\r\n\r\n"))
                    .contains(
                            "data: {\"error\":{\"message\":\"Request failed during generation: Server error: broken\","
                                    + "\"type\":\"adapter_error\",\"param\":null,\"code\":\"invalid_adapter\"}}\n\n")
                    .doesNotContain("[DONE]");
        }
    }

    @Test
    void clientsThatLeaveFreeAllChoices() throws IOException, InterruptedException {
        server.engine.manual();
        try (Raw raw = server.raw().post(COMPLETIONS, "{\"prompt\":\"x\",\"stream\":true,\"n\":3}")) {
            FakeInference.Fake first = server.engine.next();
            FakeInference.Fake second = server.engine.next();
            FakeInference.Fake third = server.engine.next();
            raw.readUntil("\r\n\r\n");
            raw.reset();
            assertThat(first.awaitCancel()).isTrue();
            assertThat(second.awaitCancel()).isTrue();
            assertThat(third.awaitCancel()).isTrue();
        }
        assertThat(server.idle()).isTrue();
    }
}
