package dev.gorgon.server.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.server.ServerException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TracingSettingsTest {

    @ParameterizedTest
    @CsvSource({
        "http://collector:4318, http://collector:4318/v1/traces",
        "http://collector:4318/, http://collector:4318/v1/traces",
        "https://collector/otlp/traces, https://collector/otlp/traces",
    })
    void endpoints(String given, String used) {
        assertThat(TracingSettings.of(given).endpoint()).hasToString(used);
    }

    @ParameterizedTest
    @ValueSource(strings = {"collector:4318", "localhost", "ftp://x", "http://", "http://a b"})
    void whatIsNoEndpoint(String given) {
        assertThatThrownBy(() -> TracingSettings.of(given))
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("http://localhost:4318");
    }

    @Test
    void theEnvironment() {
        assertThat(TracingSettings.from("", Map.of())).isEmpty();
        TracingSettings settings = TracingSettings.from(
                        "",
                        Map.of(
                                "OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:4318/",
                                "OTEL_EXPORTER_OTLP_HEADERS", "key=se%20cret,other=a+b",
                                "OTEL_RESOURCE_ATTRIBUTES", "service.name=mine,team=x",
                                "OTEL_TRACES_SAMPLER_ARG", "0.25"))
                .orElseThrow();
        assertThat(settings.endpoint()).hasToString("http://a:4318/v1/traces");
        assertThat(settings.headers()).containsEntry("key", "se cret").containsEntry("other", "a+b");
        assertThat(settings.serviceName()).isEqualTo("mine");
        assertThat(settings.resource()).containsEntry("team", "x");
        assertThat(settings.sampleRatio()).isEqualTo(0.25);
        assertThat(settings.toString()).doesNotContain("cret");
    }

    @Test
    void whatWins() {
        Map<String, String> both = Map.of(
                "OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:4318",
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://b/x",
                "OTEL_SERVICE_NAME", "named");
        assertThat(TracingSettings.from("", both).orElseThrow().endpoint()).hasToString("http://b/x");
        assertThat(TracingSettings.from("http://c", both).orElseThrow().endpoint())
                .hasToString("http://c/v1/traces");
        assertThat(TracingSettings.from("http://c", both).orElseThrow().serviceName())
                .isEqualTo("named");
        assertThat(TracingSettings.from("http://c", Map.of("OTEL_SDK_DISABLED", "TRUE")))
                .isEmpty();
        assertThatThrownBy(() -> TracingSettings.from("http://c", Map.of("OTEL_TRACES_SAMPLER_ARG", "all")))
                .hasMessageContaining("OTEL_TRACES_SAMPLER_ARG");
        assertThatThrownBy(() -> TracingSettings.from("http://c", Map.of("OTEL_TRACES_SAMPLER_ARG", "2")))
                .hasMessageContaining("0 to 1");
    }
}
