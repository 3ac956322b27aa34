package dev.gorgon.train.distill;

import dev.gorgon.train.data.DataException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the conversations of an output file were made with, beside it: answers of different models or settings do not belong into
 * one file.
 */
final class SettingsFile {

    private static final JsonMapper INDENTED =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private SettingsFile() {}

    /**
     * Checks that a run may go on with an output file, and notes its settings for the next.
     *
     * @param force goes on in any case
     * @throws DataException if other settings were used before, naming them
     */
    static void check(OutputPaths paths, boolean outputIsEmpty, Map<String, String> settings, boolean force) {
        if (!outputIsEmpty && !force) {
            Map<String, String> before = read(paths.settings())
                    .orElseThrow(
                            () -> new DataException(
                                    paths.lines() + " exists, but not " + paths.settings()
                                            + ", so it is not known what it was made with; name another file, or pass --force to go on"));
            String differences = differences(before, settings);
            if (!differences.isEmpty()) {
                throw new DataException(paths.lines() + " was begun with other settings (" + differences
                        + "); use those, name another file, or pass --force to go on with these");
            }
        }
        StreamedFile.write(
                paths.settings(),
                out -> out.write((INDENTED.writeValueAsString(new TreeMap<>(settings)) + "\n")
                        .getBytes(StandardCharsets.UTF_8)));
    }

    private static Optional<Map<String, String>> read(Path file) {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            JsonNode node = JsonMapper.shared().readTree(Files.readAllBytes(file));
            Map<String, String> settings = new TreeMap<>();
            node.propertyStream()
                    .forEach(entry ->
                            settings.put(entry.getKey(), entry.getValue().asString("")));
            return Optional.of(settings);
        } catch (IOException e) {
            throw DataException.of("read", file, e);
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    private static String differences(Map<String, String> before, Map<String, String> now) {
        TreeSet<String> names = new TreeSet<>(before.keySet());
        names.addAll(now.keySet());
        StringBuilder text = new StringBuilder();
        for (String name : names) {
            String old = before.getOrDefault(name, "none");
            String current = now.getOrDefault(name, "none");
            if (!old.equals(current)) {
                text.append(text.isEmpty() ? "" : ", ")
                        .append(name)
                        .append(": ")
                        .append(old)
                        .append(", now ")
                        .append(current);
            }
        }
        return text.toString();
    }
}
