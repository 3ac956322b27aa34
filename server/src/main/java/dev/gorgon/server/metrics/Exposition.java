package dev.gorgon.server.metrics;

import dev.gorgon.server.json.JsonOut;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The two forms of {@code /metrics}: Prometheus text, and LoRAX's JSON rendering of that text (contract, section 1.15). */
public final class Exposition {
    /** Content type of {@link #text()}. */
    public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final PrometheusRegistry registry;

    public Exposition(PrometheusRegistry registry) {
        this.registry = registry;
    }

    /** All families in the Prometheus text format. */
    public String text() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(16 * 1024);
        try {
            PrometheusTextFormatWriter.create().write(out, registry.scrape(), EscapingScheme.ALLOW_UTF8);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a byte array has no reason to fail
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    /** All families as JSON: {@code {"<family>": {"type": …, "data": [{"key": …, "value": …}]}}}. */
    public String json() {
        Map<String, Family> families = families();
        return JsonOut.write(out -> out.object(() -> families.forEach((name, family) -> out.name(name)
                .object(() -> out.text("type", family.type())
                        .name("data")
                        .array(
                                family.samples(),
                                sample -> out.object(
                                        () -> out.text("key", sample.key()).real("value", sample.value())))))));
    }

    private record Family(String type, List<Sample> samples) {}

    private record Sample(String key, double value) {}

    private Map<String, Family> families() {
        Map<String, Family> families = new LinkedHashMap<>();
        Family current = new Family("untyped", new ArrayList<>());
        for (String line : text().split("\n")) {
            if (line.startsWith("# TYPE ")) {
                String[] words = line.split(" ");
                String type = words[3].equals("untyped") ? "counter" : words[3];
                current = new Family(type, new ArrayList<>());
                families.put(words[2], current);
            } else if (!line.startsWith("#") && !line.isBlank()) {
                int end = line.lastIndexOf(' ');
                String name = line.substring(0, end);
                current.samples().add(new Sample(key(name), number(line.substring(end + 1))));
            }
        }
        return families;
    }

    private static String key(String sample) {
        if (sample.indexOf('{') >= 0) {
            return sample;
        }
        if (sample.endsWith("_sum")) {
            return "sum";
        }
        return sample.endsWith("_count") ? "count" : "";
    }

    private static double number(String text) {
        return switch (text) {
            case "+Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(text);
        };
    }
}
