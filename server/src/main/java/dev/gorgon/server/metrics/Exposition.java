package dev.gorgon.server.metrics;

import dev.gorgon.server.json.JsonOut;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The two forms of {@code /metrics}: Prometheus text, and LoRAX's JSON rendering of that text (contract, section 1.15). */
public final class Exposition {
    /** Content type of {@link #text()}. */
    public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private static final int FIRST_PAGE = 16 * 1024;

    private final List<Collector> collectors;
    /** Size of the last page, for the next one's room. */
    private volatile int expected = FIRST_PAGE;

    public Exposition(List<Collector> collectors) {
        this.collectors = List.copyOf(collectors);
    }

    /** All families there may ever be. */
    public List<Family> families() {
        return collectors.stream()
                .flatMap(collector -> collector.families().stream())
                .toList();
    }

    /** All families with samples, in the Prometheus text format, as UTF-8. */
    public byte[] text() {
        Page page = new Page(expected);
        for (Collector collector : collectors) {
            collector.collect(page);
        }
        expected = page.length() + page.length() / 64;
        return page.toBytes();
    }

    /** All families as JSON: {@code {"<family>": {"type": …, "data": [{"key": …, "value": …}]}}}. */
    public String json() {
        Map<String, Shown> families = shown();
        return JsonOut.write(out -> out.object(() -> families.forEach((name, family) -> out.name(name)
                .object(() -> out.text("type", family.type())
                        .name("data")
                        .array(
                                family.samples(),
                                sample -> out.object(
                                        () -> out.text("key", sample.key()).real("value", sample.value())))))));
    }

    private record Shown(String type, List<Sample> samples) {}

    private record Sample(String key, double value) {}

    private Map<String, Shown> shown() {
        Map<String, Shown> families = new LinkedHashMap<>();
        Shown current = new Shown("", new ArrayList<>());
        for (String line : new String(text(), StandardCharsets.UTF_8).split("\n")) {
            if (line.startsWith("# TYPE ")) {
                String[] words = line.split(" ");
                current = new Shown(words[3], new ArrayList<>());
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
