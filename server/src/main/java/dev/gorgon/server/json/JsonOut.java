package dev.gorgon.server.json;

import java.io.StringWriter;
import java.math.BigDecimal;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Writes compact JSON; numbers in the shortest form that reads back to the same value, non-finite ones as {@code null}. */
public final class JsonOut {
    private static final JsonFactory FACTORY = new JsonFactory();

    private final JsonGenerator generator;

    private JsonOut(JsonGenerator generator) {
        this.generator = generator;
    }

    /** The text that {@code content} writes: exactly one value. */
    public static String write(Consumer<JsonOut> content) {
        // A writer, not a byte stream: broken surrogates in somebody's text then become '?' instead of an exception.
        StringWriter target = new StringWriter(256);
        try (JsonGenerator generator = FACTORY.createGenerator(ObjectWriteContext.empty(), target)) {
            content.accept(new JsonOut(generator));
        }
        return target.toString();
    }

    /** An object whose members {@code content} writes. */
    public JsonOut object(Runnable content) {
        generator.writeStartObject();
        content.run();
        generator.writeEndObject();
        return this;
    }

    /** An array with one element per item. */
    public <T> JsonOut array(Iterable<T> items, Consumer<T> element) {
        generator.writeStartArray();
        items.forEach(element);
        generator.writeEndArray();
        return this;
    }

    /** An element that is a string. */
    public JsonOut item(String value) {
        generator.writeString(value);
        return this;
    }

    /** An element that is an integer. */
    public JsonOut item(long value) {
        generator.writeNumber(value);
        return this;
    }

    /** An element that is a 32-bit float, finite. */
    public JsonOut item(float value) {
        generator.writeNumber(shortest(Float.toString(value)));
        return this;
    }

    /** An element that is null. */
    public JsonOut nothing() {
        generator.writeNull();
        return this;
    }

    /** The name of the member whose value comes next. */
    public JsonOut name(String name) {
        generator.writeName(name);
        return this;
    }

    /** A member that is null. */
    public JsonOut nothing(String name) {
        generator.writeNullProperty(name);
        return this;
    }

    /** A string member, null included. */
    public JsonOut text(String name, @Nullable String value) {
        if (value == null) {
            return nothing(name);
        }
        generator.writeStringProperty(name, value);
        return this;
    }

    /** A boolean member. */
    public JsonOut flag(String name, boolean value) {
        generator.writeBooleanProperty(name, value);
        return this;
    }

    /** An integer member. */
    public JsonOut integer(String name, long value) {
        generator.writeNumberProperty(name, value);
        return this;
    }

    /** An unsigned 64-bit integer member, null included. */
    public JsonOut unsigned(String name, @Nullable Long value) {
        if (value == null) {
            return nothing(name);
        }
        generator.writeName(name);
        generator.writeNumber(Long.toUnsignedString(value));
        return this;
    }

    /** A 32-bit float member; NaN and infinities become null. */
    public JsonOut real(String name, float value) {
        if (!Float.isFinite(value)) {
            return nothing(name);
        }
        generator.writeName(name);
        generator.writeNumber(shortest(Float.toString(value)));
        return this;
    }

    /** A 64-bit float member; NaN and infinities become null. */
    public JsonOut real(String name, double value) {
        if (!Double.isFinite(value)) {
            return nothing(name);
        }
        generator.writeName(name);
        generator.writeNumber(shortest(Double.toString(value)));
        return this;
    }

    /** Java's shortest digits, laid out as other JSON writers do: 1.5E-4 is 0.00015, 1.0E20 is 1e20. */
    static String shortest(String java) {
        int exponent = java.indexOf('E');
        if (exponent < 0) {
            return java;
        }
        BigDecimal value = new BigDecimal(java).stripTrailingZeros();
        int magnitude = value.precision() - value.scale();
        if (magnitude > -5 && magnitude <= 13) {
            String plain = value.toPlainString();
            return plain.indexOf('.') < 0 ? plain + ".0" : plain;
        }
        String digits = java.substring(0, exponent);
        return (digits.endsWith(".0") ? digits.substring(0, digits.length() - 2) : digits) + "e"
                + java.substring(exponent + 1);
    }
}
