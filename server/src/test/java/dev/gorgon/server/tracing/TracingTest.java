package dev.gorgon.server.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.gorgon.server.TracedServer;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TracingTest {

    private static final TracingSettings NOWHERE = TracingSettings.of("http://127.0.0.1:9");
    private static final String CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private static final String BODY = "{'inputs':'one secret prompt','parameters':{'max_new_tokens':9%s}}";

    /** Forgets nothing when it is shut down, which is how a test flushes. */
    private static final class Kept {
        final InMemorySpanExporter exporter = InMemorySpanExporter.create();
        final OtlpTracing tracing;

        Kept(double ratio) {
            tracing = new OtlpTracing(
                    new TracingSettings(NOWHERE.endpoint(), "test", ratio, Map.of(), Map.of()), exporter);
        }

        List<SpanData> spans() {
            tracing.flush();
            return exporter.getFinishedSpanItems();
        }

        Map<String, SpanData> byName() {
            return spans().stream().collect(Collectors.toMap(SpanData::getName, Function.identity()));
        }
    }

    private static Object attribute(SpanData span, String name) {
        return span.getAttributes().asMap().entrySet().stream()
                .filter(entry -> entry.getKey().getKey().equals(name))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse("absent");
    }

    @Test
    void aRequestAndItsStages() {
        Kept kept = new Kept(1);
        try (TracedServer server = new TracedServer(kept.tracing)) {
            HttpResponse<String> response = server.post(
                    "/generate",
                    BODY.formatted(",'adapter_id':'ada','temperature':0.5"),
                    "traceparent",
                    CALLER,
                    "tracestate",
                    "vendor=x",
                    "x-request-id",
                    "mine",
                    "authorization",
                    "Bearer hf_hidden");
            assertThat(response.statusCode()).isEqualTo(200);
            Map<String, SpanData> spans = kept.byName();
            assertThat(spans)
                    .containsOnlyKeys(
                            "text_completion ada",
                            "validation",
                            "adapter resolution",
                            "queue",
                            "adapter load",
                            "prefill",
                            "decode");
            SpanData root = spans.get("text_completion ada");
            assertThat(root.getKind()).isEqualTo(SpanKind.SERVER);
            assertThat(root.getTraceId()).isEqualTo("0af7651916cd43dd8448eb211c80319c");
            assertThat(root.getParentSpanId()).isEqualTo("b7ad6b7169203331");
            assertThat(root.getSpanContext().getTraceState().get("vendor")).isEqualTo("x");
            assertThat(root.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
            Map<String, Object> expected = Map.ofEntries(
                    Map.entry("http.request.method", "POST"),
                    Map.entry("http.route", "/generate"),
                    Map.entry("http.response.status_code", 200L),
                    Map.entry("gen_ai.operation.name", "text_completion"),
                    Map.entry("gen_ai.request.model", "ada"),
                    Map.entry("gen_ai.request.max_tokens", 9L),
                    Map.entry("gen_ai.request.temperature", 0.5),
                    Map.entry("gen_ai.response.finish_reasons", List.of("stop")),
                    Map.entry("gen_ai.usage.input_tokens", 4L),
                    Map.entry("gen_ai.usage.output_tokens", 3L),
                    Map.entry("gorgon.adapter", "ada"),
                    Map.entry("gorgon.base_model", "stheno-8m"),
                    Map.entry("gorgon.request_id", "mine"));
            expected.forEach(
                    (name, value) -> assertThat(attribute(root, name)).as(name).isEqualTo(value));
            for (String stage : List.of("validation", "adapter resolution", "queue", "prefill", "decode")) {
                assertThat(spans.get(stage).getParentSpanId()).as(stage).isEqualTo(root.getSpanId());
            }
            SpanData queue = spans.get("queue");
            SpanData load = spans.get("adapter load");
            assertThat(load.getParentSpanId()).isEqualTo(queue.getSpanId());
            assertThat(load.getEndEpochNanos() - load.getStartEpochNanos()).isEqualTo(3_000_000);
            assertThat(spans.get("prefill").getStartEpochNanos()).isEqualTo(queue.getEndEpochNanos());
            SpanData decode = spans.get("decode");
            assertThat(decode.getStartEpochNanos())
                    .isEqualTo(spans.get("prefill").getEndEpochNanos());
            assertThat(decode.getAttributes().get(AttributeKey.longKey("gorgon.steps")))
                    .isEqualTo(2);
            assertThat(decode.getAttributes().get(AttributeKey.longKey("gorgon.drafted_tokens")))
                    .isEqualTo(3);
            assertThat(decode.getAttributes().get(AttributeKey.longKey("gorgon.accepted_tokens")))
                    .isEqualTo(1);
            assertThat(spans.values().toString())
                    .doesNotContain("secret")
                    .doesNotContain("Paris")
                    .doesNotContain("hidden");
        }
    }

    @Test
    void failuresAreErrors() {
        Kept kept = new Kept(1);
        try (TracedServer server = new TracedServer(kept.tracing)) {
            server.post("/generate", BODY.formatted(",'top_k':0"));
            Map<String, SpanData> spans = kept.byName();
            assertThat(spans).containsOnlyKeys("text_completion stheno-8m", "validation");
            SpanData root = spans.get("text_completion stheno-8m");
            assertThat(root.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
            assertThat(attribute(root, "error.type")).isEqualTo("validation");
            assertThat(attribute(root, "http.response.status_code")).isEqualTo(422L);
            assertThat(root.getParentSpanContext().isValid()).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
                "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01-",
            })
    void badContextIsIgnored(String traceparent) {
        Kept kept = new Kept(1);
        try (TracedServer server = new TracedServer(kept.tracing)) {
            assertThat(server.post("/generate", BODY.formatted(""), "traceparent", traceparent)
                            .statusCode())
                    .isEqualTo(200);
            assertThat(kept.byName().get("text_completion stheno-8m").getParentSpanId())
                    .isEqualTo("0000000000000000");
        }
    }

    @Test
    void whatIsNotSampledIsNotSent() {
        Kept kept = new Kept(0);
        try (TracedServer server = new TracedServer(kept.tracing)) {
            server.post("/generate", BODY.formatted(""));
            assertThat(kept.spans()).isEmpty();
            server.post("/generate", BODY.formatted(""), "traceparent", CALLER);
            assertThat(kept.spans()).hasSize(6);
            kept.exporter.reset();
            server.post("/generate", BODY.formatted(""), "traceparent", CALLER.replaceAll("01$", "00"));
            assertThat(kept.spans()).isEmpty();
        }
    }

    /** One export as the collector sees it. */
    private record Export(String path, String contentType, String key, String bytes) {}

    @Test
    void spansReachACollector() throws IOException {
        List<Export> exports = new CopyOnWriteArrayList<>();
        HttpServer collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        collector.createContext("/", exchange -> {
            exports.add(new Export(
                    exchange.getRequestURI().getPath(),
                    exchange.getRequestHeaders().getFirst("content-type"),
                    exchange.getRequestHeaders().getFirst("x-key"),
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1)));
            exchange.sendResponseHeaders(200, 0);
            exchange.close();
        });
        collector.start();
        String endpoint = "http://127.0.0.1:" + collector.getAddress().getPort();
        Map<String, String> environment =
                Map.of("OTEL_EXPORTER_OTLP_HEADERS", "x-key=k", "OTEL_SERVICE_NAME", "the-service");
        OtlpTracing tracing =
                new OtlpTracing(TracingSettings.from(endpoint, environment).orElseThrow());
        try (TracedServer server = new TracedServer(tracing)) {
            server.post("/generate_stream", BODY.formatted(""), "traceparent", CALLER);
            tracing.flush();
            assertThat(server.metrics()).contains("gorgon_spans_exported_total 6.0", "gorgon_spans_failed_total 0.0");
        } finally {
            tracing.close();
            collector.stop(0);
        }
        assertThat(exports).isNotEmpty().allSatisfy(export -> {
            assertThat(export.path()).isEqualTo("/v1/traces");
            assertThat(export.contentType()).isEqualTo("application/x-protobuf");
            assertThat(export.key()).isEqualTo("k");
        });
        assertThat(exports.stream().map(Export::bytes).collect(Collectors.joining()))
                .contains("the-service", "text_completion stheno-8m", "validation", "queue", "prefill", "decode")
                .contains("gen_ai.usage.output_tokens")
                .doesNotContain("secret prompt");
    }

    @Test
    void aDeadCollectorDisturbsNobody() {
        OtlpTracing tracing = new OtlpTracing(NOWHERE);
        try (TracedServer server = new TracedServer(tracing)) {
            for (int i = 0; i < 20; i++) {
                assertThat(server.post("/generate", BODY.formatted("")).statusCode())
                        .isEqualTo(200);
            }
            tracing.flush();
            assertThat(server.metrics()).contains("gorgon_spans_failed_total 120.0");
        } finally {
            tracing.close();
        }
    }

    @Test
    void offIsOff() {
        assertThat(Tracing.NONE.isOn()).isFalse();
        assertThat(Tracing.NONE.families()).isEmpty();
    }
}
