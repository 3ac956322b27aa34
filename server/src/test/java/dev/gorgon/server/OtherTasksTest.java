package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.schedule.FinishReason;
import dev.gorgon.engine.schedule.GenerateRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Routes of models that do not generate text, and the startup probe: sections 1.11 and 1.14 of the contract. */
class OtherTasksTest {
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

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "/embed | {\"inputs\":\"x\",\"parameters\":null} | embeddings",
                "/classify | {\"inputs\":\"x\"} | classification",
                "/classify_batch | {\"inputs\":[\"x\"]} | classification",
            })
    void otherTasks(String path, String body, String task) {
        HttpResponse<String> response = server.post(path, body);
        assertThat(response.statusCode()).isEqualTo(424);
        assertThat(response.body())
                .isEqualTo("{\"error\":\"Request failed during generation: Server error: Model does not support %s\","
                                .formatted(task)
                        + "\"error_type\":\"generation\",\"code\":\"unsupported_model\"}");
        assertThat(server.post(path, "{}").statusCode()).isEqualTo(422);
        assertThat(server.post(path, "{").statusCode()).isEqualTo(400);
    }

    @Test
    void embeddingsOfOpenAi() {
        HttpResponse<String> response = server.post("/v1/embeddings", "{\"input\":[\"x\"],\"model\":\"m\"}");
        assertThat(response.statusCode()).isEqualTo(424);
        assertThat(response.body())
                .isEqualTo("{\"error\":{\"message\":\"Request failed during generation: Server error: "
                        + "Model does not support embeddings\",\"type\":\"invalid_request_error\",\"param\":null,"
                        + "\"code\":\"unsupported_model\"}}");
    }

    @Test
    void startupGeneratesOneToken() throws InterruptedException {
        HttpResponse<String> response = server.get("/startup");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEmpty();
        GenerateRequest request = server.engine.next().request;
        assertThat(request.maxNewTokens()).isEqualTo(1);
        assertThat(server.get("/metrics").body()).doesNotContainPattern("lorax_request_count [1-9]");
        assertThat(server.idle()).isTrue();
    }

    @Test
    void startupFails() {
        server.engine.script = fake -> fake.fail("broken");
        HttpResponse<String> failed = server.get("/startup");
        assertThat(failed.statusCode()).isEqualTo(500);
        assertThat(failed.body())
                .isEqualTo("{\"error\":\"Request failed during generation: Server error: broken\","
                        + "\"error_type\":\"generation\"}");
        server.engine.script = fake -> {
            fake.token(5, "", -1, false);
            fake.finish(FinishReason.LENGTH);
        };
        HttpResponse<String> empty = server.get("/startup");
        assertThat(empty.statusCode()).isEqualTo(500);
        assertThat(empty.body()).isEqualTo("{\"error\":\"Empty generation\",\"error_type\":\"failed healthcheck\"}");
    }
}
