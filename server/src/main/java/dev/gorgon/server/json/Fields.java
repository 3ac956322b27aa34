package dev.gorgon.server.json;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Typed access to one JSON object of a request (LoRAX contract, section 1.2). {@code optional…} readers take a missing field or
 * {@code null}; the others take a missing field for their default and refuse {@code null}. Fields nobody asks for are ignored.
 * Every refusal is a {@link BodyException} with status 422.
 */
public final class Fields {
    private static final BigInteger UINT64_END = BigInteger.ONE.shiftLeft(64);
    private static final int MAX_INTEGER_DIGITS = 20;

    private final JsonText text;
    private final Json.Obj object;
    private final String path;

    Fields(JsonText text, Json.Obj object, String path) {
        this.text = text;
        this.object = object;
        this.path = path;
    }

    /** The object itself. */
    public Json.Obj tree() {
        return object;
    }

    /** A required string. */
    public String requiredString(String name) {
        return string(required(name), at(name));
    }

    /** A string, or null. */
    public @Nullable String optionalString(String name) {
        Json value = optional(name);
        return value == null ? null : string(value, at(name));
    }

    /** A boolean that is false when missing. */
    public boolean flag(String name) {
        Json value = get(name);
        return value != null && bool(value, at(name));
    }

    /** A boolean, or null. */
    public @Nullable Boolean optionalFlag(String name) {
        Json value = optional(name);
        return value == null ? null : bool(value, at(name));
    }

    /** A 32-bit float, or null. */
    public @Nullable Float optionalFloat(String name) {
        Json value = optional(name);
        return value == null ? null : real(value, at(name));
    }

    /** A 32-bit float with a default. */
    public float floatOr(String name, float fallback) {
        Json value = get(name);
        return value == null ? fallback : real(value, at(name));
    }

    /** A signed 32-bit integer, or null. */
    public @Nullable Integer optionalInt32(String name) {
        Json value = optional(name);
        if (value == null) {
            return null;
        }
        BigInteger number = integer(value, "i32", at(name));
        if (number.bitLength() > 31) {
            throw outOfRange(value, "i32", at(name));
        }
        return number.intValue();
    }

    /** An unsigned 32-bit integer, or null. */
    public @Nullable Long optionalUint32(String name) {
        Json value = optional(name);
        if (value == null) {
            return null;
        }
        BigInteger number = integer(value, "u32", at(name));
        if (number.signum() < 0 || number.bitLength() > 32) {
            throw outOfRange(value, "u32", at(name));
        }
        return number.longValue();
    }

    /**
     * An unsigned 64-bit integer, or null; print and compare it as unsigned.
     *
     * @param typeName {@code u64} or {@code usize}, for messages
     */
    public @Nullable Long optionalUint64(String name, String typeName) {
        Json value = optional(name);
        if (value == null) {
            return null;
        }
        BigInteger number = integer(value, typeName, at(name));
        if (number.signum() < 0 || number.compareTo(UINT64_END) >= 0) {
            throw outOfRange(value, typeName, at(name));
        }
        return number.longValue();
    }

    /** A list of strings, empty when missing. */
    public List<String> strings(String name) {
        Json value = get(name);
        return value == null ? List.of() : strings(value, at(name));
    }

    /** A required list of strings. */
    public List<String> requiredStrings(String name) {
        return strings(required(name), at(name));
    }

    /** A list of 32-bit floats, empty when missing. */
    public List<Float> floats(String name) {
        Json value = get(name);
        if (value == null) {
            return List.of();
        }
        List<Float> numbers = new ArrayList<>();
        for (Json item : items(value, at(name))) {
            numbers.add(real(item, at(name) + "[" + numbers.size() + "]"));
        }
        return numbers;
    }

    /** A nested object, empty when missing. */
    public Fields object(String name, String typeName) {
        Json value = get(name);
        return value == null
                ? new Fields(text, new Json.Obj(Map.of(), Set.of(), object.at(), object.end()), at(name))
                : nested(value, typeName, at(name));
    }

    /** A nested object, or null. */
    public @Nullable Fields optionalObject(String name, String typeName) {
        Json value = optional(name);
        return value == null ? null : nested(value, typeName, at(name));
    }

    /** A required list of objects. */
    public List<Fields> requiredObjects(String name, String typeName) {
        return objects(required(name), typeName, at(name));
    }

    /** A list of objects, empty when missing or {@code null}. */
    public List<Fields> optionalObjects(String name, String typeName) {
        Json value = optional(name);
        return value == null ? List.of() : objects(value, typeName, at(name));
    }

    private List<Fields> objects(Json value, String typeName, String where) {
        List<Fields> objects = new ArrayList<>();
        for (Json item : items(value, where)) {
            objects.add(nested(item, typeName, where + "[" + objects.size() + "]"));
        }
        return objects;
    }

    private @Nullable Json get(String name) {
        if (object.repeated().contains(name)) {
            throw text.typing(path, "duplicate field `" + name + "`", object.end());
        }
        return object.members().get(name);
    }

    private @Nullable Json optional(String name) {
        Json value = get(name);
        return value instanceof Json.Null ? null : value;
    }

    private Json required(String name) {
        Json value = get(name);
        if (value == null) {
            throw text.typing(path, "missing field `" + name + "`", object.end());
        }
        return value;
    }

    private String at(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    private Fields nested(Json value, String typeName, String where) {
        if (value instanceof Json.Obj nested) {
            return new Fields(text, nested, where);
        }
        throw wrongType(value, "struct " + typeName, where);
    }

    private List<String> strings(Json value, String where) {
        List<String> texts = new ArrayList<>();
        for (Json item : items(value, where)) {
            texts.add(string(item, where + "[" + texts.size() + "]"));
        }
        return texts;
    }

    private List<Json> items(Json value, String where) {
        if (value instanceof Json.Arr array) {
            return array.items();
        }
        throw wrongType(value, "a sequence", where);
    }

    private String string(Json value, String where) {
        if (value instanceof Json.Str string) {
            return string.value();
        }
        throw wrongType(value, "a string", where);
    }

    private boolean bool(Json value, String where) {
        if (value instanceof Json.Bool bool) {
            return bool.value();
        }
        throw wrongType(value, "a boolean", where);
    }

    private float real(Json value, String where) {
        if (value instanceof Json.Num number) {
            float real = Float.parseFloat(number.text());
            if (Float.isInfinite(real)) {
                throw outOfRange(value, "f32", where);
            }
            return real;
        }
        throw wrongType(value, "f32", where);
    }

    private BigInteger integer(Json value, String typeName, String where) {
        if (value instanceof Json.Num number && number.isInteger()) {
            if (number.text().length() > MAX_INTEGER_DIGITS + 1) {
                throw outOfRange(value, typeName, where);
            }
            return new BigInteger(number.text());
        }
        throw wrongType(value, typeName, where);
    }

    private BodyException wrongType(Json value, String expected, String where) {
        return text.typing(where, "invalid type: " + value.describe() + ", expected " + expected, value.at());
    }

    private BodyException outOfRange(Json value, String expected, String where) {
        return text.typing(where, "invalid value: " + value.describe() + ", expected " + expected, value.at());
    }
}
