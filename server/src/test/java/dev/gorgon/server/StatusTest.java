package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Everything but generation: sections 1.1, 1.12 to 1.15 and 6.1 of the contract. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StatusTest {
    @SuppressWarnings("NullAway.Init")
    private TestServer server;

    @BeforeAll
    void start() {
        server = new TestServer();
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/health", "/", "/ping"})
    void health(String path) {
        HttpResponse<String> well = server.get(path);
        assertThat(well.statusCode()).isEqualTo(200);
        assertThat(well.body()).isEmpty();
        server.engine.healthy = false;
        HttpResponse<String> ill = server.get(path);
        server.engine.healthy = true;
        assertThat(ill.statusCode()).isEqualTo(503);
        assertThat(ill.body()).isEqualTo("{\"error\":\"unhealthy\",\"error_type\":\"healthcheck\"}");
    }

    @Test
    void info() {
        HttpResponse<String> response = server.get("/info");
        assertThat(response.headers().firstValue("content-type")).contains("application/json");
        assertThat(response.body())
                .isEqualTo("{\"model_id\":\"stheno-8m\",\"model_sha\":null,\"model_dtype\":\"torch.bfloat16\","
                        + "\"model_device_type\":\"cpu\",\"model_pipeline_tag\":null,\"max_concurrent_requests\":8,"
                        + "\"max_best_of\":3,\"max_stop_sequences\":4,\"max_input_length\":20,\"max_total_tokens\":32,"
                        + "\"waiting_served_ratio\":1.2,\"max_batch_total_tokens\":4096,\"max_waiting_tokens\":20,"
                        + "\"validation_workers\":2,\"eager_prefill\":true,\"version\":\"0.1.0\",\"sha\":null,"
                        + "\"docker_label\":null,\"request_logger_url\":null,"
                        + "\"quantize\":null,\"backend\":null}");
    }

    @Test
    void tokenize() {
        assertThat(server.post("/tokenize", "{\"inputs\":\"😀b\"}").body())
                .isEqualTo("[{\"id\":1,\"text\":\"<s>\",\"start\":0,\"stop\":0},"
                        + "{\"id\":7,\"text\":\"▁😀b\",\"start\":0,\"stop\":2}]");
        assertThat(server.post("/tokenize", "{\"inputs\":\"b\",\"add_special_tokens\":false}")
                        .body())
                .isEqualTo("[{\"id\":7,\"text\":\"▁b\",\"start\":0,\"stop\":1}]");
        assertThat(server.post("/tokenize", "{\"inputs\":\"b\",\"add_special_tokens\":null}")
                        .body())
                .startsWith("[{\"id\":1,");
        assertThat(server.post("/tokenize", "{}").statusCode()).isEqualTo(422);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/nowhere", "/generate/x", "/v1/nothing", "/..", "//"})
    void unknownPaths(String path) {
        HttpResponse<String> response = server.get(path);
        assertThat(response.statusCode()).isIn(404, 200);
        assertThat(response.body()).isEmpty();
        assertThat(server.get("/nowhere").statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "GET /generate POST",
                "GET /generate_stream POST",
                "GET /tokenize POST",
                "GET /invocations POST",
                "POST /health GET,HEAD",
                "POST /adapters GET,HEAD",
                "GET /adapters/load POST",
                "POST /metrics GET,HEAD",
                "DELETE / GET,HEAD,POST",
            })
    void wrongMethods(String method, String path, String allowed) {
        HttpResponse<String> response = server.send(server.request(path)
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build());
        assertThat(response.statusCode()).isEqualTo(405);
        assertThat(response.body()).isEmpty();
        assertThat(response.headers().firstValue("allow")).contains(allowed);
    }

    @Test
    void headOfWhatCanBeGot() {
        HttpResponse<String> response = server.send(server.request("/info")
                .method("HEAD", HttpRequest.BodyPublishers.noBody())
                .build());
        assertThat(response.statusCode()).isEqualTo(200);
    }

    @Test
    void browsersOfOtherSites() {
        HttpResponse<String> preflight = server.send(server.request("/generate")
                .header("origin", "https://example.org")
                .header("access-control-request-method", "POST")
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                .build());
        assertThat(preflight.statusCode()).isEqualTo(200);
        assertThat(preflight.headers().firstValue("access-control-allow-methods"))
                .contains("GET,POST");
        assertThat(preflight.headers().firstValue("access-control-allow-headers"))
                .contains("content-type");
        assertThat(server.get("/health").headers().firstValue("access-control-allow-origin"))
                .contains("*");
    }

    @Test
    void metrics() {
        try (TestServer fresh = new TestServer()) {
            assertThat(fresh.get("/metrics").body()).doesNotContain("lorax_request_count");
            fresh.generate("");
            fresh.stream("");
            fresh.generate("\"top_k\":0");
            fresh.generate("\"adapter_id\":\"missing\"");
            HttpResponse<String> response = fresh.get("/metrics");
            assertThat(response.headers().firstValue("content-type").orElse("")).startsWith("text/plain");
            String text = response.body();
            assertThat(text.lines())
                    .contains(
                            "# TYPE lorax_request_count counter",
                            "lorax_request_count 4.0",
                            "lorax_request_success 2.0",
                            "lorax_request_failure{err=\"validation\"} 1.0",
                            "lorax_request_failure{err=\"load_adapter\"} 1.0",
                            "# TYPE lorax_request_duration histogram",
                            "lorax_request_duration_count 2",
                            "lorax_request_validation_duration_count 2",
                            "lorax_request_queue_duration_count 2",
                            "lorax_request_inference_duration_count 2",
                            "lorax_request_inference_duration_sum 0.038",
                            "lorax_request_mean_time_per_token_duration_count 2",
                            "lorax_request_generated_tokens_count 2",
                            "lorax_request_generated_tokens_sum 6.0",
                            "lorax_request_generated_tokens_bucket{le=\"0.32\"} 0",
                            "lorax_request_generated_tokens_bucket{le=\"32.0\"} 2",
                            "lorax_request_input_length_bucket{le=\"0.2\"} 0",
                            "lorax_request_input_length_count 3",
                            "lorax_request_max_new_tokens_sum 84.0",
                            "# TYPE lorax_request_skipped_tokens summary",
                            "lorax_request_skipped_tokens_count 4",
                            "lorax_request_skipped_tokens_sum 2.0",
                            "lorax_request_skipped_tokens{quantile=\"1.0\"} 1.0",
                            "lorax_queue_length 3.0",
                            "lorax_batch_current_size 2.0",
                            "# TYPE gorgon_steps_total counter",
                            "gorgon_steps_total 100.0",
                            "gorgon_emitted_tokens_total 250.0",
                            "gorgon_drafted_tokens_total 90.0",
                            "gorgon_accepted_tokens_total 60.0",
                            "gorgon_preemptions_total 1.0",
                            "gorgon_kv_blocks_used 10.0",
                            "gorgon_kv_blocks 64.0",
                            "gorgon_requests_waiting 3.0",
                            "gorgon_requests_running 2.0",
                            "gorgon_forward_seconds_total 2.0");
            assertThat(text.lines().filter(line -> line.startsWith("lorax_request_duration_bucket")))
                    .hasSize(36);
            assertThat(text).contains("lorax_request_duration_bucket{le=\"1.5");
        }
    }

    @Test
    void metricsAsJson() {
        server.generate("");
        String json = server.send(server.request("/metrics")
                        .header("accept", "application/json")
                        .build())
                .body();
        assertThat(json)
                .startsWith("{")
                .contains("\"lorax_request_success\":{\"type\":\"counter\",\"data\":[{\"key\":\"\",\"value\":")
                // LoRAX takes this counter for the count of a histogram; clients that parse its answer expect that
                .contains("\"lorax_request_count\":{\"type\":\"counter\",\"data\":[{\"key\":\"count\",\"value\":")
                .contains("{\"key\":\"count\",\"value\":")
                .contains("{\"key\":\"sum\",\"value\":")
                .contains("{\"key\":\"lorax_request_duration_bucket{le=\\\"")
                .contains("\"gorgon_kv_blocks\":{\"type\":\"gauge\"");
    }
}
