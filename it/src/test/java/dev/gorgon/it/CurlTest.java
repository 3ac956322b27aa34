package dev.gorgon.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** curl, with the lines of the README as they stand there. */
class CurlTest {

    private static final Pattern LINE = Pattern.compile("(?m)^curl (.*)$");

    private static Gorgon gorgon;

    @BeforeAll
    static void start() {
        gorgon = Gorgon.serve();
    }

    @AfterAll
    static void stop() {
        gorgon.close();
    }

    private static String curl(List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("curl", "-sS", "--max-time", "30"));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isZero();
        return out;
    }

    /** Every line of the README that a reader could paste, except those that name something of his own. */
    static Stream<String> linesOfTheReadme() throws IOException {
        Matcher line = LINE.matcher(Files.readString(Path.of("../README.md")));
        return line.results().map(found -> found.group(1)).filter(text -> !text.contains("my/adapter"));
    }

    @ParameterizedTest
    @MethodSource("linesOfTheReadme")
    void theLinesOfTheReadmeWork(String line) throws Exception {
        String here = line.replaceAll("127\\.0\\.0\\.1:8080|localhost:8080", "127.0.0.1:" + gorgon.port());
        Process shell = new ProcessBuilder("sh", "-c", "curl -sS --max-time 30 -w '\\n%{http_code}' " + here)
                .redirectErrorStream(true)
                .start();
        String out = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(shell.waitFor()).as(out).isZero();
        assertThat(out).endsWith("\n200");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--http1.0", "--http1.1", "--http2", "--http2-prior-knowledge"})
    void everyProtocolStreams(String protocol) throws Exception {
        String out = curl(List.of(
                protocol,
                "-N",
                "http://127.0.0.1:" + gorgon.port() + "/v1/chat/completions",
                "-H",
                "Content-Type: application/json",
                "-d",
                "{\"model\":\"stheno-8m\",\"temperature\":0,\"max_tokens\":16,\"stream\":true,"
                        + "\"messages\":[{\"role\":\"user\",\"content\":\"Who are you?\"}]}"));
        assertThat(out).startsWith("data: {").contains("\"role\":\"assistant\"").endsWith("data: [DONE]\n\n");
    }

    @Test
    void aBodyWithoutATypeIsRefusedWithWords() throws Exception {
        assertThat(curl(List.of("http://127.0.0.1:" + gorgon.port() + "/generate", "-d", "{\"inputs\":\"x\"}")))
                .contains("Content-Type: application/json");
    }
}
