package dev.gorgon.engine.weights;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.exc.UnexpectedEndOfInputException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads JSON files that nobody trusts: size, nesting, and the lengths of texts and numbers are limited. */
public final class JsonFile {

    /** Configuration files hold some kilobytes; the largest known, with long lists of modules, a megabyte. */
    public static final int MAX_CONFIG_BYTES = 8 << 20;

    /** Names and numbers in the files of models and adapters are short, and nothing is nested deeply. */
    static final StreamReadConstraints CONSTRAINTS = StreamReadConstraints.builder()
            .maxNestingDepth(64)
            .maxNumberLength(64)
            .maxNameLength(4096)
            .maxStringLength(1 << 20)
            .build();

    private static final JsonMapper JSON = JsonMapper.builder(
                    JsonFactory.builder().streamReadConstraints(CONSTRAINTS).build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private JsonFile() {}

    /**
     * The object that a file holds.
     *
     * @param maxBytes largest file that is read
     * @throws WeightsException if the file cannot be read, is larger, or does not hold exactly one object
     */
    public static JsonNode readObject(Path file, int maxBytes) {
        JsonNode node;
        try {
            node = JSON.readTree(read(file, maxBytes));
        } catch (IOException e) {
            throw new WeightsException("cannot read " + file + ": " + WeightFiles.reason(e), e);
        } catch (JacksonException e) {
            throw new WeightsException(file + " is not valid JSON: " + reason(e), e);
        }
        if (!node.isObject()) {
            throw new WeightsException(file + " is not a JSON object");
        }
        return node;
    }

    private static byte[] read(Path file, int maxBytes) throws IOException {
        // opening a pipe would wait for somebody to write into it
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new WeightsException(file + " is not a regular file");
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(maxBytes + 1);
            if (bytes.length > maxBytes) {
                throw new WeightsException(file + " is larger than " + maxBytes + " bytes");
            }
            return bytes;
        }
    }

    /** What is wrong with a text, without the names of classes and settings that the parser mentions. */
    static String reason(JacksonException e) {
        String where = e.getLocation() == null || e.getLocation().getLineNr() < 1
                ? ""
                : "line " + e.getLocation().getLineNr() + ", column "
                        + e.getLocation().getColumnNr() + ": ";
        return where
                + switch (e) {
                    case StreamConstraintsException limit ->
                        "a text or number is too long, or the nesting too deep, for a file of this kind";
                    case UnexpectedEndOfInputException end -> "it ends too early";
                    case JacksonIOException io
                    when io.getCause() instanceof CharacterCodingException -> "it is not UTF-8 text";
                    default ->
                        Shown.text(String.valueOf(e.getOriginalMessage())
                                .replaceAll("\\(?(start marker )?at \\[Source:[^\\]]*\\]\\)?", ""));
                };
    }
}
