package dev.gorgon.server.openai;

import dev.gorgon.server.http.ApiException;
import dev.gorgon.server.json.Json;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Typed access to one JSON object of an OpenAI request. {@code null} means the same as a missing field, everywhere; fields nobody
 * asks for are ignored. Every refusal is a 400 that names the field.
 */
final class Params {
    private static final int MAX_NUMBER_LENGTH = 64;

    private final Json.Obj object;
    private final String path;

    Params(Json.Obj object) {
        this(object, "");
    }

    private Params(Json.Obj object, String path) {
        this.object = object;
        this.path = path;
    }

    /** What the fields are called in messages. */
    String at(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /** Any value; null if it is missing or {@code null}. */
    @Nullable
    Json value(String name) {
        Json value = object.members().get(name);
        return value instanceof Json.Null ? null : value;
    }

    @Nullable
    String string(String name) {
        Json value = value(name);
        return value == null ? null : string(value, at(name));
    }

    /** False if missing. */
    boolean flag(String name) {
        return Boolean.TRUE.equals(optionalFlag(name));
    }

    @Nullable
    Boolean optionalFlag(String name) {
        Json value = value(name);
        if (value == null) {
            return null;
        }
        if (value instanceof Json.Bool bool) {
            return bool.value();
        }
        throw wrongType(value, "a boolean", at(name));
    }

    @Nullable
    Float real(String name) {
        Json value = value(name);
        return value == null ? null : real(value, at(name));
    }

    /** A whole number within bounds, also if written as a real number. */
    @Nullable
    Long integer(String name, long min, long max) {
        Json value = value(name);
        return value == null ? null : integer(value, at(name), min, max);
    }

    /** Any 64 bits, signed or unsigned. */
    @Nullable
    Long bits(String name) {
        Json value = value(name);
        if (value == null) {
            return null;
        }
        BigInteger number = whole(value, at(name));
        if (number.bitLength() > (number.signum() < 0 ? 63 : 64)) {
            throw invalid(at(name), "must have at most 64 bits, got " + value.describe());
        }
        return number.longValue();
    }

    /** A nested object, or null. */
    @Nullable
    Params object(String name) {
        Json value = value(name);
        if (value == null) {
            return null;
        }
        if (value instanceof Json.Obj nested) {
            return new Params(nested, at(name));
        }
        throw wrongType(value, "an object", at(name));
    }

    /** The members of this object. */
    Json.Obj members() {
        return object;
    }

    static String string(Json value, String where) {
        if (value instanceof Json.Str string) {
            return string.value();
        }
        throw wrongType(value, "a string", where);
    }

    static List<Json> items(Json value, String where) {
        if (value instanceof Json.Arr array) {
            return array.items();
        }
        throw wrongType(value, "an array", where);
    }

    static List<String> strings(Json value, String where) {
        List<String> strings = new ArrayList<>();
        for (Json item : items(value, where)) {
            strings.add(string(item, where + "[" + strings.size() + "]"));
        }
        return strings;
    }

    static float real(Json value, String where) {
        if (value instanceof Json.Num number) {
            float real = Float.parseFloat(number.text());
            if (Float.isInfinite(real)) {
                throw invalid(where, "is out of range: " + value.describe());
            }
            return real;
        }
        throw wrongType(value, "a number", where);
    }

    static long integer(Json value, String where, long min, long max) {
        BigInteger number = whole(value, where);
        if (number.bitLength() >= Long.SIZE || number.longValue() < min || number.longValue() > max) {
            throw invalid(where, "must be between %d and %d, got %s".formatted(min, max, value.describe()));
        }
        return number.longValue();
    }

    private static BigInteger whole(Json value, String where) {
        if (value instanceof Json.Num number && number.text().length() <= MAX_NUMBER_LENGTH) {
            BigDecimal decimal = new BigDecimal(number.text());
            // an exponent of a million would mean a million digits
            if (Math.abs((long) decimal.scale()) <= MAX_NUMBER_LENGTH) {
                try {
                    return decimal.toBigIntegerExact();
                } catch (ArithmeticException e) {
                    throw wrongType(value, "an integer", where);
                }
            }
        }
        throw wrongType(value, "an integer", where);
    }

    static ApiException wrongType(Json value, String expected, String where) {
        return invalid(where, "must be %s, got %s".formatted(expected, value.describe()));
    }

    /** What is wrong with a field; the words follow its name. */
    static ApiException invalid(String where, String words) {
        return ApiException.badRequest(where, "", "`" + where + "` " + words);
    }
}
