package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What native routes accept without doing anything about it, and where they differ from each other. */
class NativeRoutesTest {
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
    void templatesAreNotApplied() throws InterruptedException {
        TestTemplate template = new TestTemplate();
        server.engine.chatTemplate = Optional.of(template);
        assertThat(server.generate("\"apply_chat_template\":true").statusCode()).isEqualTo(200);
        assertThat(server.engine.next().request.promptTokens()).hasSize(4);
        assertThat(template.rendered).isEmpty();
        assertThat(server.generate("\"apply_chat_template\":null").statusCode()).isEqualTo(422);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "{'type':'text'}",
                "{'type':'Text','schema':{'type':'object'}}",
                "{'type':'text','schema':null}"
            })
    void textFormatsAreNoConstraint(String format) {
        HttpResponse<String> response =
                server.generate("'response_format':%s".formatted(format).replace('\'', '"'));
        assertThat(response.body()).isEqualTo("{\"generated_text\":\" Paris.\"}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{} | missing field `type`",
                "{'type':5} | invalid type: integer `5`, expected a string",
                "'text' | invalid type: string \"text\", expected struct ResponseFormat",
            })
    void formatsWithoutATypeAreNone(String format, String problem) {
        HttpResponse<String> response =
                server.generate("'response_format':%s".formatted(format).replace('\'', '"'));
        assertThat(response.statusCode()).isEqualTo(422);
        assertThat(response.body()).contains(problem);
    }

    /** Absent means the full text only for models that the hub tags {@code lorax}, and only on the compatible routes. */
    @Test
    void modelsTaggedLoraxShowTheFullText() {
        ServerConfig plain = TestServer.config(TestServer.LIMITS);
        ServerConfig tagged = ServerConfig.builder(
                        new ModelInfo("m", null, "torch.bfloat16", "cpu", "lorax", null, null),
                        plain.limits(),
                        plain.batch(),
                        plain.build())
                .build();
        try (TestServer lorax = new TestServer(tagged)) {
            assertThat(lorax.post("/", TestServer.body("")).body())
                    .isEqualTo("[{\"generated_text\":\"one two three Paris.\"}]");
            assertThat(lorax.post("/", TestServer.body("'return_full_text':false"))
                            .body())
                    .isEqualTo("[{\"generated_text\":\" Paris.\"}]");
            assertThat(lorax.post("/generate", TestServer.body("")).body())
                    .isEqualTo("{\"generated_text\":\" Paris.\"}");
        }
    }
}
