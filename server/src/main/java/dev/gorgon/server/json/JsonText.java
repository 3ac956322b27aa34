package dev.gorgon.server.json;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.exc.UnexpectedEndOfInputException;
import tools.jackson.core.json.JsonFactory;

/**
 * The text of one request body and the tree it spells. Syntax errors and typing errors are {@link BodyException}s with the line
 * and column of the offending place: columns count bytes from 1, as LoRAX's parser counts them.
 */
public final class JsonText {
    /** Containers inside containers; more is refused, so that no request can exhaust the stack. */
    static final int MAX_DEPTH = 128;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private final String text;

    private JsonText(String text) {
        this.text = text;
    }

    /**
     * Parses a body that must be one JSON object.
     *
     * @param typeName what the object is called in messages
     * @throws BodyException 400 for a syntax error, 422 if the body is another kind of value
     */
    public static Fields parse(byte[] body, String typeName) {
        JsonText json = new JsonText(decode(body));
        Json root = json.parse();
        if (root instanceof Json.Obj object) {
            return new Fields(json, object, "");
        }
        throw json.typing("", "invalid type: " + root.describe() + ", expected struct " + typeName, root.at());
    }

    /** The object that a text spells, if it spells one. */
    public static Optional<Json.Obj> tryParse(String text) {
        try {
            return new JsonText(text).parse() instanceof Json.Obj object ? Optional.of(object) : Optional.empty();
        } catch (BodyException e) {
            return Optional.empty();
        }
    }

    private static String decode(byte[] body) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new BodyException(
                    400, "Failed to parse the request body as JSON: the body is not valid UTF-8 at line 1 column 0");
        }
    }

    private Json parse() {
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                throw syntax("EOF while parsing a value", text.length());
            }
            Json root = value(parser, first);
            if (parser.nextToken() != null) {
                throw syntax("trailing characters", start(parser) + 1);
            }
            return root;
        } catch (UnexpectedEndOfInputException e) {
            throw syntax("EOF while parsing a value", text.length());
        } catch (StreamConstraintsException e) {
            String problem = String.valueOf(e.getOriginalMessage()).contains("depth")
                    ? "recursion limit exceeded"
                    : "number out of range";
            throw syntax(problem, offset(e.getLocation()));
        } catch (JacksonException e) {
            throw syntax(problem(e), offset(e.getLocation()));
        }
    }

    private Json value(JsonParser parser, JsonToken token) {
        return switch (token) {
            case START_OBJECT -> object(parser);
            case START_ARRAY -> array(parser);
            case VALUE_STRING -> {
                String value = complete(parser.getString(), parser);
                yield new Json.Str(value, end(parser));
            }
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
                String number = parser.getString();
                yield new Json.Num(number, start(parser) + number.length());
            }
            case VALUE_TRUE -> new Json.Bool(true, start(parser) + 4);
            case VALUE_FALSE -> new Json.Bool(false, start(parser) + 5);
            case VALUE_NULL -> new Json.Null(start(parser) + 4);
            default -> throw syntax("expected value", end(parser));
        };
    }

    private Json.Obj object(JsonParser parser) {
        int at = start(parser) + 1;
        Map<String, Json> members = new LinkedHashMap<>();
        Set<String> repeated = new HashSet<>();
        while (next(parser) != JsonToken.END_OBJECT) {
            String name = complete(parser.currentName(), parser);
            if (members.put(name, value(parser, next(parser))) != null) {
                repeated.add(name);
            }
        }
        return new Json.Obj(members, repeated, at, start(parser) + 1);
    }

    private Json.Arr array(JsonParser parser) {
        int at = start(parser) + 1;
        List<Json> items = new ArrayList<>();
        for (JsonToken token = next(parser); token != JsonToken.END_ARRAY; token = next(parser)) {
            items.add(value(parser, token));
        }
        return new Json.Arr(items, at);
    }

    private JsonToken next(JsonParser parser) {
        JsonToken token = parser.nextToken();
        if (token == null) {
            throw syntax("EOF while parsing a value", text.length());
        }
        return token;
    }

    /** Half a surrogate pair is no character and cannot be encoded: refuse it here, before a tokenizer meets it. */
    private String complete(String value, JsonParser parser) {
        for (int i = 0; i < value.length(); i++) {
            if (Character.isSurrogate(value.charAt(i))) {
                if (!Character.isHighSurrogate(value.charAt(i))
                        || i + 1 == value.length()
                        || !Character.isLowSurrogate(value.charAt(i + 1))) {
                    throw syntax("lone surrogate in hex escape", end(parser));
                }
                i++;
            }
        }
        return value;
    }

    private static String problem(JacksonException e) {
        String original = String.valueOf(e.getOriginalMessage());
        String line = original.lines().findFirst().orElse("expected value");
        int detail = line.indexOf(" (for ");
        return Messages.shorten(detail < 0 ? line : line.substring(0, detail));
    }

    private static int start(JsonParser parser) {
        return (int) parser.currentTokenLocation().getCharOffset();
    }

    private static int end(JsonParser parser) {
        return (int) parser.currentLocation().getCharOffset();
    }

    private int offset(@Nullable TokenStreamLocation location) {
        return location == null || location.getCharOffset() < 0
                ? text.length()
                : (int) Math.min(location.getCharOffset(), text.length());
    }

    private BodyException syntax(String problem, int offset) {
        return new BodyException(400, "Failed to parse the request body as JSON: " + problem + position(offset));
    }

    /** A value of the wrong type; an empty path means the problem is at the top level. */
    BodyException typing(String path, String problem, int offset) {
        return new BodyException(
                422,
                "Failed to deserialize the JSON body into the target type: " + (path.isEmpty() ? "" : path + ": ")
                        + problem + position(offset));
    }

    private String position(int offset) {
        int end = Math.min(offset, text.length());
        int lineStart = text.lastIndexOf('\n', end - 1) + 1;
        long line =
                1 + text.substring(0, lineStart).chars().filter(c -> c == '\n').count();
        int column = text.substring(lineStart, end).getBytes(StandardCharsets.UTF_8).length;
        return " at line " + line + " column " + column;
    }
}
