package dev.gorgon.server.json;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON as plain Java values: what a chat template works on. */
public final class PlainValues {
    private static final int MAX_INTEGER_DIGITS = 1000;

    private PlainValues() {}

    /** String, Boolean, Long, BigInteger, Double, null, List or Map, in order of appearance. */
    public static @Nullable Object of(Json json) {
        return switch (json) {
            case Json.Null n -> null;
            case Json.Bool bool -> bool.value();
            case Json.Num number -> number(number);
            case Json.Str string -> string.value();
            case Json.Arr array -> list(array);
            case Json.Obj object -> map(object);
        };
    }

    /** The members of an object. */
    public static Map<String, @Nullable Object> map(Json.Obj object) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        object.members().forEach((name, value) -> map.put(name, of(value)));
        return map;
    }

    private static List<@Nullable Object> list(Json.Arr array) {
        List<@Nullable Object> list = new ArrayList<>();
        array.items().forEach(item -> list.add(of(item)));
        return list;
    }

    /** An integer too long to be one is a real number, so that nobody can make us work on millions of digits. */
    private static Object number(Json.Num number) {
        if (!number.isInteger() || number.text().length() > MAX_INTEGER_DIGITS) {
            return Double.parseDouble(number.text());
        }
        BigInteger value = new BigInteger(number.text());
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
    }
}
