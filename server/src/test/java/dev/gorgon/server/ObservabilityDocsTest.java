package dev.gorgon.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.server.metrics.Family;
import dev.gorgon.server.metrics.ServerMetrics;
import dev.gorgon.server.tracing.Tracing;
import dev.gorgon.server.tracing.TracingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What docs/observability.md and the dashboard say is what the server has. */
class ObservabilityDocsTest {

    private static final Path DOCS = Path.of("..", "docs");
    private static final Pattern ROW = Pattern.compile("\\| `([a-z_:0-9]+)` \\| (\\w+) \\| (.*?) \\| (.+?) \\|");
    private static final Pattern WORD = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");
    /** What else may stand in the dashboard's queries. */
    private static final Set<String> LANGUAGE = Set.of("sum", "by", "rate", "histogram_quantile", "le");

    private static List<Family> families() {
        try (FakeInference engine = new FakeInference();
                Tracing tracing = Tracing.start(TracingSettings.of("http://127.0.0.1:9"))) {
            return ServerMetrics.of(TestServer.config(TestServer.LIMITS), engine, tracing)
                    .exposition()
                    .families();
        }
    }

    private static String described(Family family) {
        return family.type().wireName() + " " + String.join(", ", family.labels());
    }

    @Test
    void theTableIsTheTruth() throws IOException {
        Map<String, String> expected = new TreeMap<>();
        for (Family family : families()) {
            assertThat(expected.put(family.name(), described(family)))
                    .as("%s is there once", family.name())
                    .isNull();
        }
        Map<String, String> documented = new TreeMap<>();
        for (String line : Files.readAllLines(DOCS.resolve("observability.md"))) {
            ROW.matcher(line)
                    .results()
                    .forEach(row -> documented.put(
                            row.group(1), row.group(2) + " " + row.group(3).replace("`", "")));
        }
        assertThat(documented).isEqualTo(expected);
    }

    @Test
    void onlyDeclaredFamiliesAreShown() {
        Set<String> declared = new HashSet<>();
        families().forEach(family -> declared.add(family.name()));
        try (TestServer server = new TestServer()) {
            server.generate("");
            assertThat(server.get("/metrics").body().lines().filter(line -> line.startsWith("# TYPE ")))
                    .isNotEmpty()
                    .allSatisfy(line -> assertThat(declared).contains(line.split(" ")[2]));
        }
    }

    @Test
    void theDashboardAsksForWhatIsThere() throws IOException {
        Set<String> samples = new HashSet<>();
        Set<String> labels = new TreeSet<>(Set.of("instance", "le"));
        for (Family family : families()) {
            labels.addAll(family.labels());
            switch (family.type()) {
                case COUNTER, GAUGE -> samples.add(family.name());
                case HISTOGRAM ->
                    Stream.of("_bucket", "_sum", "_count").forEach(end -> samples.add(family.name() + end));
                case SUMMARY -> Stream.of("", "_sum", "_count").forEach(end -> samples.add(family.name() + end));
            }
        }
        List<String> queries = new ArrayList<>();
        collect(JsonMapper.shared().readTree(Files.readString(DOCS.resolve("grafana-dashboard.json"))), queries);
        assertThat(queries).hasSizeGreaterThan(40);
        for (String query : queries) {
            String plain = query.replaceAll("\"[^\"]*\"", "").replaceAll("\\[[^\\]]*]", "");
            List<String> words =
                    WORD.matcher(plain).results().map(MatchResult::group).toList();
            assertThat(words)
                    .as(query)
                    .anyMatch(samples::contains)
                    .allMatch(word -> samples.contains(word) || labels.contains(word) || LANGUAGE.contains(word));
        }
    }

    private static void collect(JsonNode node, List<String> queries) {
        if (node.has("expr")) {
            queries.add(node.get("expr").asString());
        }
        node.forEach(child -> collect(child, queries));
    }
}
