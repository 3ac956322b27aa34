package dev.gorgon.server.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonOutTest {

    @ParameterizedTest
    @CsvSource({
        "0, 0.0",
        "-0.0, -0.0",
        "1, 1.0",
        "-0.0123, -0.0123",
        "0.1, 0.1",
        "1e-4, 0.0001",
        "-1.5e-4, -0.00015",
        "1.17e-5, 0.0000117",
        "1.5e-6, 1.5e-6",
        "1e-12, 1e-12",
        "1e7, 10000000.0",
        "1e20, 1e20",
        "3.4028235e38, 3.4028235e38",
        "1.4e-45, 1.4e-45",
        "NaN, null",
        "Infinity, null",
        "-Infinity, null",
    })
    void floats(float value, String json) {
        assertThat(write(value)).isEqualTo(json);
    }

    @Test
    void allFloatsReadBack() {
        Random random = new Random(1);
        for (int i = 0; i < 100_000; i++) {
            float value = Float.intBitsToFloat(random.nextInt());
            if (Float.isFinite(value)) {
                assertThat(Float.parseFloat(write(value))).isEqualTo(value);
            }
        }
    }

    @Test
    void textIsEscapedAndBrokenCharactersDoNotFail() {
        assertThat(JsonOut.write(out -> out.object(() -> out.text("a", "\"\\\n\u0001é😀\u2028\ud800"))))
                .startsWith("{\"a\":\"\\\"\\\\\\n\\u0001é😀\u2028");
    }

    private static String write(float value) {
        String json = JsonOut.write(out -> out.object(() -> out.real("x", value)));
        return json.substring("{\"x\":".length(), json.length() - 1);
    }
}
