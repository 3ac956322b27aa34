package dev.gorgon.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command as a shell sees it. */
class ProcessTest {

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM"})
    void aSignalEndsTheServerInOrderWhileARequestRuns(String signal) throws Exception {
        try (Gorgon gorgon = Gorgon.serve()) {
            CompletableFuture<Integer> running = CompletableFuture.supplyAsync(() -> gorgon.post(
                            "/generate",
                            Gorgon.body(
                                    "[INST] Who are you? [/INST]", "\"max_new_tokens\":1500,\"ignore_eos_token\":true"))
                    .statusCode());
            for (int i = 0; i < 1000 && gorgon.metric("gorgon_requests_running") < 1; i++) {
                Thread.sleep(2);
            }
            new ProcessBuilder(
                            "kill",
                            "-" + signal,
                            String.valueOf(gorgon.process().pid()))
                    .start()
                    .waitFor();
            assertThat(running.join()).isEqualTo(200);
            assertThat(gorgon.exit()).isIn(0, 130, 143);
            assertThat(gorgon.log()).noneMatch(line -> line.contains("Exception"));
        }
    }

    private static void fails(int status, String message, String... arguments) throws InterruptedException {
        try (Gorgon gorgon = Gorgon.start(arguments)) {
            String line = gorgon.awaitLine(message);
            assertThat(gorgon.exit()).as(line).isEqualTo(status);
            assertThat(gorgon.log()).noneMatch(other -> other.startsWith("\tat "));
        }
    }

    @Test
    void mistakesGetOneClearLine(@TempDir Path empty) throws InterruptedException {
        fails(2, "Unknown option", "serve", "--prot", "80");
        fails(2, "Unmatched argument", "server");
        fails(2, "float16 is not supported", "serve", "--dtype", "float16");
        fails(2, "must be at least 1", "serve", "--max-batch-size", "0");
        fails(2, "choose q8", "serve", "--quantize", "gptq");
        fails(2, "leave out --dtype float32", "serve", "--quantize", "q4", "--dtype", "float32");
        fails(1, "unknown kernels 'mmx'", "serve", "--kernels", "mmx");
        fails(2, "choose stheno, tinyllama-1.1b or mistral-7b", "bench", "--shape", "gpt-5");
        fails(2, "unknown format 'q5'", "bench", "--shape", "stheno", "--format", "q5");
        fails(2, "unknown peer 'vllm'", "bench", "--shape", "stheno", "--peer", "vllm");
        fails(1, "no-such-model", "serve", "--model-id", "no-such-model");
        fails(1, "there is no config.json", "serve", "--model-id", empty.toString());
        fails(1, "no-such-adapter", "serve", "--adapter-id", "no-such-adapter");
    }

    @Test
    void aSecondServerOnThePortSaysSo() throws InterruptedException {
        try (Gorgon first = Gorgon.serve()) {
            fails(1, "already in use", "serve", "--port", String.valueOf(first.port()));
            assertThat(first.get("/health").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void generatePrintsTheTextAndNothingElse() throws IOException, InterruptedException {
        try (Gorgon gorgon = Gorgon.start("generate", "[INST] Who are you? [/INST]")) {
            String out = new String(gorgon.process().getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(out.lines().toList())
                    .isEqualTo(List.of(
                            " I am Stheno, a small demonstration language model. I can solve simple word problems,"
                                    + " write short functions, answer questions and tell stories."));
            assertThat(gorgon.exit()).isZero();
        }
    }
}
