package dev.gorgon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.train.distill.Progress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProgressLineTest {

    private static final long SECOND = 1_000_000_000L;

    @Test
    void theRestIsEstimatedFromWhatThisRunDid() {
        Progress half = new Progress(100, 40, 18, 2, 5000, 10 * SECOND);
        assertThat(ProgressLine.plain(half))
                .isEqualTo("58 of 100 conversations (58 %), 2 failed, 500 tokens/s, about 20 s left");
        assertThat(ProgressLine.plain(new Progress(100, 0, 0, 0, 0, 0)))
                .isEqualTo("0 of 100 conversations (0 %), 0 tokens/s");
        assertThat(ProgressLine.plain(new Progress(10, 0, 10, 0, 100, SECOND)))
                .isEqualTo("10 of 10 conversations (100 %), 100 tokens/s");
    }

    @ParameterizedTest
    @CsvSource({
        "1,1 s",
        "59000000000,59 s",
        "61000000000,1 min 1 s",
        "3600000000000,1 h 0 min",
        "93784000000000,26 h 3 min"
    })
    void durations(long nanos, String text) {
        assertThat(ProgressLine.duration(nanos)).isEqualTo(text);
    }

    @Test
    void nothingIsLeftOnTheTerminal() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8)) {
            new ProgressLine(print, true, () -> new Progress(10, 0, 5, 0, 100, SECOND)).close();
        }
        assertThat(out.toString(StandardCharsets.UTF_8)).endsWith("\r\u001b[K").doesNotContain("\n");
    }
}
