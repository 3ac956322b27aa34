package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.engine.adapter.AdapterOrigin;
import dev.gorgon.engine.adapter.AdapterState;
import dev.gorgon.engine.adapter.AdapterStatus;
import dev.gorgon.engine.adapter.AdapterUsage;
import dev.gorgon.engine.schedule.AdapterLoad;
import dev.gorgon.engine.schedule.FinishReason;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Families beside those of LoRAX's requests: steps, latencies, and what routers read. */
class MetricsTest {

    private final TestServer server = new TestServer();

    @AfterEach
    void close() {
        server.close();
    }

    private List<String> lines() {
        return server.get("/metrics").body().lines().toList();
    }

    private static AdapterStatus status(
            String identity, boolean restricted, AdapterState state, boolean pinned, String... names) {
        return new AdapterStatus(
                identity,
                List.of(names).stream()
                        .map(name -> new AdapterOrigin.Name("hub", name, "", ""))
                        .toList(),
                restricted,
                state,
                "lora",
                100,
                pinned,
                1,
                1,
                new AdapterUsage(),
                Optional.empty(),
                16);
    }

    @Test
    void batchFamiliesAppearWithTheirFirstSample() {
        assertThat(lines()).noneMatch(line -> line.contains("lorax_batch_inference") || line.contains("_concat"));
        server.engine.meters.prefill().succeeded().record(2_000_000);
        server.engine.meters.decode().failed().increment();
        server.engine.meters.joined().add(3);
        server.engine.meters.started().record(5);
        server.engine.meters.reservedTokens().set(700);
        List<String> lines = lines();
        assertThat(lines)
                .contains(
                        "# TYPE lorax_batch_inference_count counter",
                        "lorax_batch_inference_count{method=\"prefill\"} 1.0",
                        "lorax_batch_inference_count{method=\"decode\"} 1.0",
                        "lorax_batch_inference_success{method=\"prefill\"} 1.0",
                        "lorax_batch_inference_failure{method=\"decode\"} 1.0",
                        "lorax_batch_inference_duration_sum{method=\"prefill\"} 0.002",
                        "lorax_batch_concat{reason=\"chunking\"} 3.0",
                        "lorax_batch_next_size_bucket{le=\"4.0\"} 0",
                        "lorax_batch_next_size_bucket{le=\"5.0\"} 1",
                        "lorax_batch_next_size_bucket{le=\"1024.0\"} 1",
                        "lorax_batch_current_max_tokens 700.0")
                .noneMatch(line -> line.startsWith("lorax_batch_inference_success{method=\"decode\"")
                        || line.startsWith("lorax_batch_inference_duration_sum{method=\"decode\""));
        assertThat(lines.stream()
                        .filter(line -> line.startsWith("lorax_batch_inference_duration_bucket{method=\"prefill\"")))
                .hasSize(36);
    }

    @Test
    void latenciesOfOneGeneration() throws InterruptedException {
        server.engine.script = fake -> {
            fake.start(4_000_000, 1_000_000, 12);
            FakeInference.paris(fake);
        };
        server.generate("");
        assertThat(lines())
                .contains(
                        "gorgon_queue_seconds_count 1",
                        "gorgon_queue_seconds_sum 0.004",
                        "gorgon_adapter_wait_seconds_sum 0.001",
                        "gorgon_cached_prompt_tokens_total 12.0",
                        // three tokens, one of them from a draft: two steps
                        "gorgon_time_to_first_token_seconds_count 1",
                        "gorgon_inter_token_seconds_count 1",
                        "gorgon_request_seconds_count 1",
                        "gorgon_finished_total{reason=\"eos_token\"} 1.0",
                        "gorgon_finished_total{reason=\"length\"} 0.0",
                        "vllm:time_to_first_token_seconds_count{model_name=\"stheno-8m\"} 1",
                        "vllm:inter_token_latency_seconds_count{model_name=\"stheno-8m\"} 1",
                        "vllm:e2e_request_latency_seconds_count{model_name=\"stheno-8m\"} 1",
                        "vllm:request_queue_time_seconds_count{model_name=\"stheno-8m\"} 1",
                        "vllm:request_success_total{finished_reason=\"stop\",model_name=\"stheno-8m\"} 1.0",
                        "vllm:request_success_total{finished_reason=\"length\",model_name=\"stheno-8m\"} 0.0",
                        "vllm:generation_tokens_total{model_name=\"stheno-8m\"} 250.0");
        server.engine.script = fake -> {
            fake.token(7, "x", -1, false);
            fake.finish(FinishReason.LENGTH);
        };
        server.generate("");
        assertThat(lines())
                .contains("vllm:request_success_total{finished_reason=\"length\",model_name=\"stheno-8m\"} 1.0");
    }

    @Test
    void whatRoutersRead() {
        server.engine.registry.list = List.of(
                status("aaaaaaaaaaaaaaaa", false, AdapterState.READY, false, "open", "alias"),
                status("bbbbbbbbbbbbbbbb", true, AdapterState.READY, true, "secret"),
                status("cccccccccccccccc", false, AdapterState.EVICTED, false, "gone"),
                status("dddddddddddddddd", false, AdapterState.READY, false, "x,y"));
        server.engine.loads = List.of(
                new AdapterLoad("", "", 5, 5),
                new AdapterLoad("aaaaaaaaaaaaaaaa", "open", 1, 2),
                new AdapterLoad("bbbbbbbbbbbbbbbb", "secret", 0, 1),
                new AdapterLoad("cccccccccccccccc", "gone", 3, 0),
                new AdapterLoad("dddddddddddddddd", "x,y", 1, 1),
                new AdapterLoad("eeeeeeeeeeeeeeee", "unknown", 1, 1));
        List<String> lines = lines();
        assertThat(lines)
                .contains(
                        "vllm:num_requests_waiting{model_name=\"stheno-8m\"} 3.0",
                        "vllm:num_requests_running{model_name=\"stheno-8m\"} 2.0",
                        "vllm:kv_cache_usage_perc{model_name=\"stheno-8m\"} 0.15625",
                        "vllm:cache_config_info{block_size=\"16\",num_gpu_blocks=\"64\"} 1.0",
                        "vllm:lora_adapter_loaded{adapter_name=\"open\",level=\"gpu\",pinned=\"false\",rank=\"16\"} 1.0",
                        "vllm:lora_adapter_loaded{adapter_name=\"alias\",level=\"gpu\",pinned=\"false\",rank=\"16\"} 1.0",
                        "vllm:lora_adapter_loaded{adapter_name=\"bbbbbbbbbbbb\",level=\"gpu\",pinned=\"true\",rank=\"16\"} 1.0",
                        "vllm:num_gpu_loaded_lora_adapters 3.0",
                        "vllm:num_cpu_loaded_lora_adapters 0.0",
                        // 300 of 1000 bytes hold two that are not pinned: four more like them fit
                        "vllm:max_gpu_lora_adapters 7.0",
                        "vllm:lora_adapter_load_seconds_count 0")
                .noneMatch(line -> line.contains("secret") || line.contains("unknown"));
        List<String> requests = lines.stream()
                .filter(line -> line.startsWith("vllm:lora_requests_info{"))
                .toList();
        assertThat(requests).hasSize(1);
        Matcher series = Pattern.compile("vllm:lora_requests_info\\{max_lora=\"64\","
                        + "running_lora_adapters=\"alias,bbbbbbbbbbbb,eeeeeeeeeeee,open\","
                        + "waiting_lora_adapters=\"alias,eeeeeeeeeeee,gone,open\"} ([0-9.E]+)")
                .matcher(requests.getFirst());
        assertThat(series.matches()).as(requests.getFirst()).isTrue();
        assertThat(Double.parseDouble(series.group(1)))
                .isBetween(System.currentTimeMillis() / 1000.0 - 60, System.currentTimeMillis() / 1000.0 + 60);
    }

    @Test
    void withoutAdaptersTheSeriesIsThereAndEmpty() {
        assertThat(lines())
                .anyMatch(line -> line.startsWith("vllm:lora_requests_info{max_lora=\"64\","
                        + "running_lora_adapters=\"\",waiting_lora_adapters=\"\"} "));
    }

    @Test
    void theProcess() {
        assertThat(lines())
                .anyMatch(line -> line.matches("gorgon_heap_used_bytes [1-9].*"))
                .anyMatch(line -> line.matches("gorgon_threads [1-9].*"))
                .anyMatch(line -> line.matches("process_open_fds [1-9].*"))
                .anyMatch(line -> line.matches("process_cpu_seconds_total [0-9].*"));
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "-, -, text/plain",
                "-, text/plain, text/plain",
                "-, 'text/html,application/json;q=0.9', application/json",
                "json, -, application/json",
                "json, text/plain, application/json",
                "prometheus, application/json, text/plain",
            })
    void formats(String format, String accept, String contentType) {
        var request = server.request("/metrics" + (format == null ? "" : "?format=" + format));
        if (accept != null) {
            request.header("accept", accept);
        }
        HttpResponse<String> response = server.send(request.build());
        assertThat(response.headers().firstValue("content-type").orElse("")).startsWith(contentType);
        assertThat(response.body()).startsWith(contentType.equals("text/plain") ? "# HELP " : "{\"");
    }

    @Test
    void anUnknownFormatIsRefused() {
        assertThat(server.get("/metrics?format=xml").statusCode()).isEqualTo(422);
    }

    /** What every reader of the format relies on: no series twice, samples under their family's name. */
    @Test
    void thePageIsWellFormed() {
        server.engine.registry.list = List.of(
                status("aaaaaaaaaaaaaaaa", false, AdapterState.READY, false, "twice"),
                status("bbbbbbbbbbbbbbbb", false, AdapterState.READY, false, "twice"));
        server.generate("");
        String family = "";
        List<String> series = new ArrayList<>();
        for (String line : lines()) {
            if (line.startsWith("# TYPE ")) {
                family = line.split(" ")[2];
            } else if (!line.isEmpty() && !line.startsWith("#")) {
                assertThat(line).matches("[a-zA-Z_:][a-zA-Z0-9_:]*(\\{.*})? [-+0-9.EInfaN]+");
                assertThat(line).startsWith(family);
                series.add(line.substring(0, line.lastIndexOf(' ')));
            }
        }
        assertThat(series).doesNotHaveDuplicates();
    }
}
