package dev.gorgon.server.tracing;

import dev.gorgon.server.ServerException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Where spans go.
 *
 * @param endpoint URL that takes OTLP over HTTP, with its path
 * @param serviceName what the server is called there
 * @param sampleRatio part of the traces begun here that is kept, 0 to 1; those begun elsewhere are kept if their caller keeps them
 * @param headers sent along, for keys
 * @param resource what else is told of the server
 */
public record TracingSettings(
        URI endpoint,
        String serviceName,
        double sampleRatio,
        Map<String, String> headers,
        Map<String, String> resource) {

    private static final String TRACES_PATH = "/v1/traces";
    private static final String DEFAULT_SERVICE = "gorgon";

    public TracingSettings {
        if (!(sampleRatio >= 0 && sampleRatio <= 1)) {
            throw new ServerException("the part of traces to keep must be from 0 to 1, got " + sampleRatio);
        }
        headers = Map.copyOf(headers);
        resource = Map.copyOf(resource);
    }

    /**
     * Settings for an endpoint.
     *
     * @param endpoint such as {@code http://collector:4318}; without a path, {@code /v1/traces} is meant
     */
    public static TracingSettings of(String endpoint) {
        return new TracingSettings(url(endpoint, true), DEFAULT_SERVICE, 1, Map.of(), Map.of());
    }

    /**
     * What OpenTelemetry's environment variables ask for: {@code OTEL_EXPORTER_OTLP_TRACES_ENDPOINT} and {@code
     * OTEL_EXPORTER_OTLP_ENDPOINT}, their {@code _HEADERS}, {@code OTEL_SERVICE_NAME}, {@code OTEL_RESOURCE_ATTRIBUTES}, {@code
     * OTEL_TRACES_SAMPLER_ARG} and {@code OTEL_SDK_DISABLED}.
     *
     * @param endpoint the operator's, which wins over the environment; empty for none
     * @return empty if there is no endpoint, or tracing is disabled
     */
    public static Optional<TracingSettings> from(String endpoint, Map<String, String> environment) {
        String traces = environment.getOrDefault("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "");
        String all = environment.getOrDefault("OTEL_EXPORTER_OTLP_ENDPOINT", "");
        boolean disabled = environment.getOrDefault("OTEL_SDK_DISABLED", "").equalsIgnoreCase("true");
        if (disabled || (endpoint + traces + all).isEmpty()) {
            return Optional.empty();
        }
        URI url = !endpoint.isEmpty()
                ? url(endpoint, true)
                : !traces.isEmpty() ? url(traces, false) : url(withoutSlash(all) + TRACES_PATH, false);
        Map<String, String> resource = pairs(environment.getOrDefault("OTEL_RESOURCE_ATTRIBUTES", ""));
        String service =
                environment.getOrDefault("OTEL_SERVICE_NAME", resource.getOrDefault("service.name", DEFAULT_SERVICE));
        String headers = environment.getOrDefault(
                "OTEL_EXPORTER_OTLP_TRACES_HEADERS", environment.getOrDefault("OTEL_EXPORTER_OTLP_HEADERS", ""));
        return Optional.of(new TracingSettings(url, service, ratio(environment), pairs(headers), resource));
    }

    private static double ratio(Map<String, String> environment) {
        String text = environment.getOrDefault("OTEL_TRACES_SAMPLER_ARG", "");
        try {
            return text.isEmpty() ? 1 : Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new ServerException("OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, got " + text, e);
        }
    }

    private static URI url(String text, boolean completing) {
        URI url;
        try {
            url = URI.create(text);
        } catch (IllegalArgumentException e) {
            throw notAnEndpoint(text);
        }
        boolean http = "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
        if (!http || url.getHost() == null) {
            throw notAnEndpoint(text);
        }
        String path = url.getPath() == null ? "" : url.getPath();
        return completing && (path.isEmpty() || path.equals("/")) ? URI.create(withoutSlash(text) + TRACES_PATH) : url;
    }

    private static ServerException notAnEndpoint(String text) {
        return new ServerException(
                "'" + text
                        + "' is no endpoint for traces; give the URL of a collector that takes OTLP over HTTP, such as http://localhost:4318");
    }

    private static String withoutSlash(String url) {
        return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    }

    /** {@code key=value,key=value} with percent-encoded values. */
    private static Map<String, String> pairs(String text) {
        Map<String, String> pairs = new LinkedHashMap<>();
        for (String pair : text.split(",")) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                String value = pair.substring(equals + 1).strip().replace("+", "%2B");
                pairs.put(pair.substring(0, equals).strip(), decoded(value));
            }
        }
        return pairs;
    }

    private static String decoded(String value) {
        try {
            return URLDecoder.decode(value, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return value; // not percent-encoded after all
        }
    }

    /** Without the headers, which may be keys. */
    @Override
    public String toString() {
        return serviceName + " to " + endpoint;
    }
}
