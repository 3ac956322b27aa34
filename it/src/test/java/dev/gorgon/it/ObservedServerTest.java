package dev.gorgon.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What the real program tells of itself: logs, traces, and what routers read. */
class ObservedServerTest {

    private static final String PROMPT = "[INST] Who are you? [/INST]";

    @Test
    void logsTracesAndResidency() throws Exception {
        List<String> exports = new CopyOnWriteArrayList<>();
        HttpServer collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        collector.createContext("/v1/traces", exchange -> {
            exports.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1));
            exchange.sendResponseHeaders(200, 0);
            exchange.close();
        });
        collector.start();
        String endpoint = "http://127.0.0.1:" + collector.getAddress().getPort();
        try (Gorgon gorgon = Gorgon.serve("--json-output", "--otlp-endpoint", endpoint)) {
            gorgon.generate(PROMPT, "\"max_new_tokens\":12,\"adapter_id\":\"stheno-8m-pirate-lora\"");
            JsonNode line = Gorgon.json(gorgon.awaitLine("dev.gorgon.access"));
            assertThat(line.path("adapter").asString()).isEqualTo("stheno-8m-pirate-lora");
            assertThat(line.path("status").isInt()).isTrue();
            assertThat(line.path("generated_tokens").intValue()).isEqualTo(12);
            assertThat(line.path("request_id").asString()).hasSize(32);
            assertThat(line.path("trace_id").asString()).hasSize(32);
            assertThat(line.toString()).doesNotContain("Who are you");
            for (int i = 0; i < 1000 && exports.stream().noneMatch(bytes -> bytes.contains("adapter load")); i++) {
                Thread.sleep(10);
            }
            assertThat(String.join("", exports))
                    .contains("text_completion stheno-8m-pirate-lora", "validation", "queue", "prefill", "decode")
                    .contains("adapter load")
                    .doesNotContain("Who are you");
            Thread.sleep(150); // figures of adapters are so old at most
            assertThat(gorgon.get("/metrics").body().lines())
                    .anyMatch(row -> row.matches("vllm:lora_adapter_loaded\\{adapter_name=\"stheno-8m-pirate-lora\","
                            + "level=\"gpu\",pinned=\"false\",rank=\"[1-9][0-9]*\"} 1.0"))
                    .anyMatch(row -> row.matches("vllm:lora_adapter_load_seconds_count [1-9].*"))
                    .anyMatch(row -> row.matches("gorgon_adapter_wait_seconds_count [1-9].*"))
                    .anyMatch(row -> row.matches("lorax_batch_inference_success\\{method=\"prefill\"} [1-9].*"))
                    .anyMatch(row -> row.matches("gorgon_step_accepted_tokens_sum [0-9].*"))
                    .anyMatch(row -> row.startsWith("vllm:lora_requests_info{max_lora="));
        } finally {
            collector.stop(0);
        }
    }
}
