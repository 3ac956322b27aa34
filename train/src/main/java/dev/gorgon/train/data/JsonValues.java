package dev.gorgon.train.data;

import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** How this package reads JSON. */
final class JsonValues {

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(100)
                    .maxStringLength(Rows.MAX_BYTES)
                    .build())
            .build();

    /** A whole value and nothing after it. */
    static final JsonMapper MAPPER = JsonMapper.builder(FACTORY)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** A value with more after it. */
    static final JsonMapper STREAM = JsonMapper.builder(FACTORY)
            .disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private JsonValues() {}

    /** What is wrong with some JSON, in one line. */
    static String problem(JacksonException e) {
        if (e instanceof JacksonIOException && e.getCause() != null) {
            return String.valueOf(e.getCause().getMessage());
        }
        String message = String.valueOf(e.getOriginalMessage());
        return "not valid JSON: " + message.lines().findFirst().orElse(message);
    }
}
