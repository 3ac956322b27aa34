package dev.gorgon.client.json;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A JSON object that was read. A member that is null counts as absent, unknown members do no harm. All methods throw {@link
 * JsonException} if a member has the wrong type.
 */
public final class JsonObject {
    private final Map<?, ?> members;

    JsonObject(Map<?, ?> members) {
        this.members = members;
    }

    /** Whether there is such a member, and it is not null. */
    public boolean has(String name) {
        return members.containsKey(name);
    }

    private Object required(String name) {
        Object value = members.get(name);
        if (value == null) {
            throw new JsonException("`" + name + "` is missing");
        }
        return value;
    }

    private static JsonException wrong(String name, String expected, Object value) {
        return new JsonException("expected `" + name + "` to be " + expected + ", found " + Json.describe(value));
    }

    /** A string that must be there. */
    public String text(String name) {
        Object value = required(name);
        if (value instanceof String text) {
            return text;
        }
        throw wrong(name, "a string", value);
    }

    /** A string. */
    public Optional<String> optionalText(String name) {
        return has(name) ? Optional.of(text(name)) : Optional.empty();
    }

    /** A string or a number, as text; for members that servers do not agree on. */
    public Optional<String> looseText(String name) {
        return Optional.ofNullable(members.get(name))
                .filter(value -> value instanceof String || value instanceof BigDecimal)
                .map(String::valueOf);
    }

    private BigDecimal number(String name) {
        Object value = required(name);
        if (value instanceof BigDecimal number) {
            return number;
        }
        throw wrong(name, "a number", value);
    }

    /** An integer of 32 bits that must be there. */
    public int integer(String name) {
        BigDecimal number = number(name);
        try {
            return number.intValueExact();
        } catch (ArithmeticException e) {
            throw wrong(name, "an integer of 32 bits", number);
        }
    }

    /** An integer of 32 bits, or 0 if it is absent. */
    public int integerOrZero(String name) {
        return has(name) ? integer(name) : 0;
    }

    /** An integer from 0 to 2⁶⁴ − 1, to be read as unsigned. */
    public OptionalLong unsigned(String name) {
        if (!has(name)) {
            return OptionalLong.empty();
        }
        BigDecimal number = number(name);
        try {
            if (number.precision() - number.scale() <= 20) { // else there may be no memory for its digits
                return OptionalLong.of(
                        Long.parseUnsignedLong(number.toBigIntegerExact().toString()));
            }
        } catch (ArithmeticException | NumberFormatException e) {
            // the same message
        }
        throw wrong(name, "an unsigned integer of 64 bits", number);
    }

    /** A number; NaN if it is absent, for that is how servers write what JSON cannot. */
    public double real(String name) {
        return has(name) ? number(name).doubleValue() : Double.NaN;
    }

    /** A boolean; false if it is absent. */
    public boolean flag(String name) {
        if (!has(name)) {
            return false;
        }
        Object value = required(name);
        if (value instanceof Boolean flag) {
            return flag;
        }
        throw wrong(name, "true or false", value);
    }

    /** An object that must be there. */
    public JsonObject object(String name) {
        return new JsonObject(Json.asMap(required(name), "`" + name + "`"));
    }

    /** An object. */
    public Optional<JsonObject> optionalObject(String name) {
        return has(name) ? Optional.of(object(name)) : Optional.empty();
    }

    /** An object, or empty if the member is absent or something else. */
    public Optional<JsonObject> objectIfOne(String name) {
        return members.get(name) instanceof Map<?, ?> map ? Optional.of(new JsonObject(map)) : Optional.empty();
    }

    /** An array of objects; empty if it is absent. */
    public List<JsonObject> objects(String name) {
        return has(name) ? Json.objects(required(name), "`" + name + "`") : List.of();
    }

    /** An array of numbers that must be there. */
    public float[] floats(String name) {
        List<?> items = Json.asList(required(name), "`" + name + "`");
        float[] numbers = new float[items.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = items.get(i) instanceof BigDecimal number ? number.floatValue() : Float.NaN;
        }
        return numbers;
    }
}
