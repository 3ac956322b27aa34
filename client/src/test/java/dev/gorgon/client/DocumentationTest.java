package dev.gorgon.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.client.types.Model;
import dev.gorgon.client.types.ServerInfo;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/client.md shows code that compiles, runs, and sends what it says. */
class DocumentationTest {
    private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
    private static final String TEXT = "{\"generated_text\":\" Arr\",\"details\":{\"finish_reason\":\"length\","
            + "\"prompt_tokens\":7,\"generated_tokens\":1,\"tokens\":[{\"id\":5,\"text\":\" Arr\",\"logprob\":-0.5}]}}";

    /** Without what formatting changes. */
    private static String bare(String code) {
        return code.replaceAll("\\s+", "");
    }

    @Test
    void theDocumentShowsTheExamples() throws IOException {
        List<String> shown = JAVA.matcher(Files.readString(Path.of("../docs/client.md")))
                .results()
                .map((MatchResult match) -> match.group(1))
                .toList();
        String compiled = bare(Files.readString(Path.of("src/test/java/dev/gorgon/client/Examples.java")));
        assertThat(shown).hasSizeGreaterThan(10);
        int at = 0;
        for (String block : shown) {
            int found = compiled.indexOf(bare(block).replace("\"http://127.0.0.1:8080\"", "url"), at);
            assertThat(found).as(block).isNotNegative();
            at = found + 1;
        }
    }

    private static FakeServer.Reply reply(FakeServer.Seen request) {
        String json = "application/json";
        return switch (request.path()) {
            case "/generate" ->
                request.body().contains("no-such-adapter")
                        ? new FakeServer.Reply(
                                424,
                                json,
                                "{\"error\":\"no\",\"error_type\":\"generation\",\"code\":\"adapter_not_found\"}")
                        : new FakeServer.Reply(200, json, TEXT);
            case "/generate_stream" ->
                new FakeServer.Reply(200, "text/event-stream", Events.token(5, " Arr") + Events.last(2, " Arr"));
            case "/info" -> new FakeServer.Reply(200, json, """
                        {"model_id":"stheno-8m","model_sha":null,"model_dtype":"bfloat16","model_device_type":"cpu",
                         "max_concurrent_requests":128,"max_best_of":2,"max_stop_sequences":4,"max_input_length":1024,
                         "max_total_tokens":2048,"version":"0.1.0"}""");
            case "/v1/models" ->
                new FakeServer.Reply(
                        200, json, "{\"object\":\"list\",\"data\":[{\"id\":\"stheno-8m\",\"parent\":null}]}");
            case "/tokenize" ->
                new FakeServer.Reply(200, json, "[{\"id\":5,\"text\":\"Hello\",\"start\":0,\"stop\":5}]");
            case "/metrics" -> new FakeServer.Reply(200, "text/plain", "lorax_request_count 1\n");
            case "/health" -> new FakeServer.Reply(200, "text/plain", "");
            default -> new FakeServer.Reply(404, "text/plain", "");
        };
    }

    private static <T> T whilePrintingTo(ByteArrayOutputStream target, Supplier<T> action) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        try (PrintStream both = new PrintStream(target, true, StandardCharsets.UTF_8)) {
            System.setOut(both);
            System.setErr(both);
            return action.get();
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    @Test
    void theExamplesRun() {
        try (FakeServer server = new FakeServer()) {
            server.otherwise(DocumentationTest::reply);
            ByteArrayOutputStream printed = new ByteArrayOutputStream();
            List<Object> made = whilePrintingTo(printed, () -> Examples.all(server.url()));
            assertThat(printed.toString(StandardCharsets.UTF_8))
                    .contains("LENGTH after 1 tokens", "adapter_not_found: no");
            assertThat(made)
                    .contains(" Arr", true, List.of(new Model("stheno-8m", Optional.empty())))
                    .hasAtLeastOneElementOfType(ServerInfo.class);
            List<String> bodies =
                    server.seen().stream().map(FakeServer.Seen::body).toList();
            assertThat(bodies.get(1))
                    .contains("\"max_new_tokens\":64", "\"temperature\":0.7", "\"top_p\":0.95", "\"seed\":42");
            assertThat(bodies.get(2)).contains("\"adapter_id\":\"stheno-8m-pirate-lora\"");
            assertThat(bodies.get(3)).contains("\"merge_strategy\":\"ties\"");
        }
    }
}
