package dev.gorgon.client.json;

import java.io.StringWriter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/** JSON text from and to maps, lists, strings, numbers and booleans. */
public final class Json {
    private static final int MAX_DEPTH = 128;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private Json() {}

    /** JSON that is written as it stands. */
    public record Raw(String json) {
        /** @throws JsonException if it is not one JSON value */
        public Raw {
            parse(json);
        }
    }

    /**
     * The object that a text spells.
     *
     * @throws JsonException if it is something else
     */
    public static JsonObject object(String text) {
        return new JsonObject(asMap(parse(text), "the answer"));
    }

    /**
     * The objects of the array that a text spells.
     *
     * @throws JsonException if it is something else
     */
    public static List<JsonObject> objects(String text) {
        return objects(parse(text), "the answer");
    }

    /**
     * The arrays of objects in the array that a text spells.
     *
     * @throws JsonException if it is something else
     */
    public static List<List<JsonObject>> lists(String text) {
        return asList(parse(text), "the answer").stream()
                .map(list -> objects(list, "an element"))
                .toList();
    }

    static List<JsonObject> objects(Object value, String what) {
        return asList(value, what).stream()
                .map(item -> new JsonObject(asMap(item, "an element of " + what)))
                .toList();
    }

    static Map<?, ?> asMap(Object value, String what) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw new JsonException("expected " + what + " to be a JSON object, found " + describe(value));
    }

    static List<?> asList(Object value, String what) {
        if (value instanceof List<?> list) {
            return list;
        }
        throw new JsonException("expected " + what + " to be a JSON array, found " + describe(value));
    }

    static String describe(Object value) {
        return switch (value) {
            case Map<?, ?> map -> "an object";
            case List<?> list -> "an array";
            case String text -> "the string \"" + (text.length() > 40 ? text.substring(0, 40) + "…" : text) + "\"";
            case JsonNull none -> "null";
            default -> String.valueOf(value);
        };
    }

    private static Object parse(String text) {
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
            Object value = value(parser, parser.nextToken());
            if (parser.nextToken() != null) {
                throw new JsonException("there is more than one JSON value");
            }
            return value;
        } catch (JacksonException e) {
            throw new JsonException("this is not JSON: " + e.getOriginalMessage(), e);
        } catch (NumberFormatException e) {
            throw new JsonException("the JSON has a number that is out of all range", e);
        }
    }

    private static Object value(JsonParser parser, @Nullable JsonToken token) {
        if (token == null) {
            throw new JsonException("the JSON ends too early");
        }
        return switch (token) {
            case START_OBJECT -> map(parser);
            case START_ARRAY -> list(parser);
            case VALUE_STRING -> parser.getString();
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new BigDecimal(parser.getString());
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> JsonNull.NULL;
            default -> throw new JsonException("unexpected " + token + " in the JSON");
        };
    }

    private static Map<String, Object> map(JsonParser parser) {
        Map<String, Object> members = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            Object value = value(parser, parser.nextToken());
            if (value != JsonNull.NULL) {
                members.put(name, value);
            }
        }
        return members;
    }

    private static List<Object> list(JsonParser parser) {
        List<Object> items = new ArrayList<>();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            items.add(value(parser, token));
        }
        return items;
    }

    /**
     * Compact JSON.
     *
     * @param value maps with string keys, lists, strings, numbers, booleans, {@link Raw} or null
     * @throws JsonException for anything else, and for numbers that are not finite
     */
    public static String write(Object value) {
        StringWriter target = new StringWriter(256);
        try (JsonGenerator generator = FACTORY.createGenerator(ObjectWriteContext.empty(), target)) {
            write(generator, value);
        }
        return target.toString();
    }

    private static void write(JsonGenerator out, @Nullable Object value) {
        switch (value) {
            case null -> out.writeNull();
            case Map<?, ?> map -> {
                out.writeStartObject();
                map.forEach((name, member) -> {
                    out.writeName(String.valueOf(name));
                    write(out, member);
                });
                out.writeEndObject();
            }
            case List<?> list -> {
                out.writeStartArray();
                list.forEach(item -> write(out, item));
                out.writeEndArray();
            }
            case String text -> out.writeString(text);
            case Boolean flag -> out.writeBoolean(flag);
            case Integer number -> out.writeNumber(number);
            case Long number -> out.writeNumber(number);
            case BigInteger number -> out.writeNumber(number);
            case BigDecimal number -> out.writeNumber(number);
            case Number number when Double.isFinite(number.doubleValue()) -> out.writeNumber(number.doubleValue());
            case Raw raw -> out.writeRawValue(raw.json());
            default -> throw new JsonException("JSON cannot hold " + value);
        }
    }
}
