package dev.gorgon.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TerminalProgressTest {
    private final AtomicLong clock = new AtomicLong();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    private void passes(long millis) {
        clock.addAndGet(Duration.ofMillis(millis).toNanos());
    }

    private String[] lines() {
        return bytes.toString(StandardCharsets.UTF_8).split("\\R");
    }

    @Test
    void plainLinesComeAtTheStartNowAndThenAndAtTheEnd() {
        TerminalProgress progress = new TerminalProgress(out, false, clock::get);
        progress.begin("a.safetensors", 100_000_000, 20_000_000);
        for (int i = 0; i < 12; i++) {
            passes(1000);
            progress.advance("a.safetensors", 2_000_000);
        }
        passes(3000);
        progress.end("a.safetensors");
        progress.end("a.safetensors");
        progress.advance("unknown", 1);
        assertThat(lines())
                .containsExactly(
                        "downloading a.safetensors, 100.0 MB, 20.0 MB of it are here",
                        "a.safetensors: 40.0 MB of 100.0 MB (40 %), 2.0 MB/s, 30 s left",
                        "downloaded a.safetensors, 100.0 MB in 15 s");
    }

    @Test
    void beginningAgainStartsAfresh() {
        TerminalProgress progress = new TerminalProgress(out, false, clock::get);
        progress.begin("a", 999, 0);
        progress.begin("a", 999_960, 0);
        assertThat(lines()).containsExactly("downloading a, 999 B", "downloading again a, 1.0 MB");
    }

    @Test
    void barsAreRedrawnInPlaceAndNotTooOften() {
        TerminalProgress progress = new TerminalProgress(out, true, clock::get);
        progress.begin("a.safetensors", 4000, 0);
        progress.begin("x".repeat(50), 0, 0);
        bytes.reset();
        for (int i = 0; i < 1000; i++) {
            progress.advance("a.safetensors", 1);
        }
        assertThat(bytes.size()).isZero();
        passes(100);
        progress.advance("a.safetensors", 1000);
        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .startsWith("\u001b[2A\u001b[J")
                .contains(
                        "a.safetensors                        [############............] 2.0 kB of 4.0 kB (50 %), 20.0 kB/s")
                .contains("…" + "x".repeat(35) + " [########################]");
        bytes.reset();
        progress.end("a.safetensors");
        assertThat(lines()[0]).isEqualTo("\u001b[2A\u001b[Jdownloaded a.safetensors, 4.0 kB in 0 s");
        assertThat(lines()).hasSize(2);
    }
}
