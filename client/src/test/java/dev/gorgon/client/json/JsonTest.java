package dev.gorgon.client.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    private static final JsonObject OBJECT = Json.object("""
            {"text":"a","number":3,"real":0.25,"big":18446744073709551615,"flag":true,"none":null,"list":[{"x":1}],
             "object":{"y":2},"numbers":[1,null,-2.5]}""");

    @Test
    void reads() {
        assertThat(OBJECT.text("text")).isEqualTo("a");
        assertThat(OBJECT.integer("number")).isEqualTo(3);
        assertThat(OBJECT.real("real")).isEqualTo(0.25);
        assertThat(OBJECT.unsigned("big")).hasValue(-1L);
        assertThat(OBJECT.flag("flag")).isTrue();
        assertThat(OBJECT.objects("list").getFirst().integer("x")).isEqualTo(1);
        assertThat(OBJECT.object("object").integer("y")).isEqualTo(2);
        assertThat(OBJECT.floats("numbers")).containsExactly(1, Float.NaN, -2.5f);
    }

    @Test
    void nullIsAbsent() {
        for (String name : List.of("none", "missing")) {
            assertThat(OBJECT.has(name)).isFalse();
            assertThat(OBJECT.optionalText(name)).isEmpty();
            assertThat(OBJECT.unsigned(name)).isEmpty();
            assertThat(OBJECT.real(name)).isNaN();
            assertThat(OBJECT.flag(name)).isFalse();
            assertThat(OBJECT.integerOrZero(name)).isZero();
            assertThat(OBJECT.objects(name)).isEmpty();
            assertThat(OBJECT.optionalObject(name)).isEmpty();
            assertThatThrownBy(() -> OBJECT.text(name)).hasMessage("`" + name + "` is missing");
        }
    }

    @Test
    void wrongTypesAreNamed() {
        assertThatThrownBy(() -> OBJECT.text("number")).hasMessage("expected `number` to be a string, found 3");
        assertThatThrownBy(() -> OBJECT.integer("text")).hasMessageContaining("found the string \"a\"");
        assertThatThrownBy(() -> OBJECT.integer("real")).isInstanceOf(JsonException.class);
        assertThatThrownBy(() -> OBJECT.integer("big")).isInstanceOf(JsonException.class);
        assertThatThrownBy(() -> OBJECT.flag("text")).isInstanceOf(JsonException.class);
        assertThatThrownBy(() -> OBJECT.object("list")).hasMessageContaining("found an array");
        assertThatThrownBy(() -> OBJECT.objects("object")).hasMessageContaining("found an object");
        for (String number : List.of("-1", "18446744073709551616", "0.5", "1e999999999")) {
            JsonObject odd = Json.object("{\"n\":" + number + "}");
            assertThatThrownBy(() -> odd.unsigned("n")).as(number).isInstanceOf(JsonException.class);
        }
        JsonObject huge = Json.object("{\"n\":1e999999999}");
        assertThatThrownBy(() -> huge.integer("n")).isInstanceOf(JsonException.class);
        assertThatThrownBy(() -> Json.object("{\"n\":1e99999999999}")).isInstanceOf(JsonException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "{\"a\"", "{\"a\":", "{\"a\":}", "[1,", "{} {}", "nul", "{'a':1}", "[1]", "3"})
    void notAnObject(String text) {
        assertThatThrownBy(() -> Json.object(text)).isInstanceOf(JsonException.class);
    }

    @Test
    void depthIsLimited() {
        String deep = "{\"a\":".repeat(100_000);
        assertThatThrownBy(() -> Json.object(deep)).isInstanceOf(JsonException.class);
    }

    @Test
    void writes() {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put(
                "a \"b\"\u2028",
                List.of(1, 2L, 0.5, 0.1f, new BigInteger("9".repeat(30)), new BigDecimal("1.50"), true));
        object.put("raw", new Json.Raw("{\"x\":[1]}"));
        object.put("map", Map.of("none", List.of()));
        assertThat(Json.write(object))
                .isEqualTo("{\"a \\\"b\\\"\u2028\":[1,2,0.5,0.10000000149011612," + "9".repeat(30)
                        + ",1.50,true],\"raw\":{\"x\":[1]},\"map\":{\"none\":[]}}");
        assertThatThrownBy(() -> Json.write(Double.NaN)).isInstanceOf(JsonException.class);
        assertThatThrownBy(() -> Json.write(new Object())).isInstanceOf(JsonException.class);
    }
}
