package dev.gorgon.client.sse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SseParserTest {

    private static List<String> parse(byte[] bytes, int piece) {
        List<String> events = new ArrayList<>();
        SseParser parser = new SseParser(1000, events::add);
        for (int at = 0; at < bytes.length; at += piece) {
            parser.accept(ByteBuffer.wrap(Arrays.copyOfRange(bytes, at, Math.min(at + piece, bytes.length))));
        }
        return events;
    }

    /** {@code ~} stands for a line feed, {@code ^} for a carriage return, {@code |} separates events. */
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            emptyValue = "",
            value = {
                "data: a~~, a",
                "data:a~~, a",
                "data:  a~~,\" a\"",
                "data: a~data: b~~, a~b",
                "data~data~~, ~",
                "data~~, ''",
                ": comment~data: a~:~~, a",
                ":~~:~~, -",
                "event: x~id: 1~retry: 5~data: a~other~~, a",
                "data: a^^data: b^~^~, a|b",
                "data: a^~data: b^~^~data: c~^~, a~b|c",
                "data: a~~~~data: b~~, a|b",
                "data: a~~data: cut off, a",
                "data: a~~data: cut off~, a",
                "\uFEFFdata: a~~, a",
                "dataset: a~~ data: b~~, -",
                "data: é€😀~~, é€😀",
                "data: a:b~~, a:b",
            })
    void cutAnywhere(String stream, String expected) {
        byte[] bytes = stream.replace('~', '\n').replace('^', '\r').getBytes(StandardCharsets.UTF_8);
        List<String> events = expected.equals("-")
                ? List.of()
                : Arrays.asList(expected.replace("''", "").replace('~', '\n').split("\\|", -1));
        for (int piece = 1; piece <= bytes.length; piece++) {
            assertThat(parse(bytes, piece)).as("pieces of %d", piece).isEqualTo(events);
        }
    }

    @Test
    void memoryIsBounded() {
        byte[] line = "x".repeat(600).getBytes(StandardCharsets.UTF_8);
        SseParser endless = new SseParser(1000, event -> {});
        endless.accept(ByteBuffer.wrap(line));
        assertThatThrownBy(() -> endless.accept(ByteBuffer.wrap(line))).isInstanceOf(IllegalStateException.class);
        SseParser manyLines = new SseParser(1000, event -> {});
        byte[] data = ("data: " + "x".repeat(600) + "\n").getBytes(StandardCharsets.UTF_8);
        manyLines.accept(ByteBuffer.wrap(data));
        assertThatThrownBy(() -> manyLines.accept(ByteBuffer.wrap(data)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("1000");
    }
}
