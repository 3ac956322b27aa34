package dev.gorgon.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator sets on the command line, seen from outside. */
class OperatorTest {

    private static final String BODY =
            Gorgon.body("[INST] Who are you? [/INST]", "\"max_new_tokens\":4,\"ignore_eos_token\":true");

    @Test
    void keysGuardTheServer(@TempDir Path folder) throws IOException, InterruptedException {
        Path file = Files.writeString(folder.resolve("keys"), "first\n# a comment\n");
        try (Gorgon gorgon = Gorgon.serve("--api-key-file", file.toString(), "--api-key", "always")) {
            assertThat(gorgon.get("/health").statusCode()).isEqualTo(200);
            assertThat(gorgon.get("/info").statusCode()).isEqualTo(401);
            assertThat(gorgon.post("/generate", BODY).statusCode()).isEqualTo(401);
            assertThat(gorgon.postAs("first", "/generate", BODY).statusCode()).isEqualTo(200);
            assertThat(gorgon.postAs("always", "/generate", BODY).statusCode()).isEqualTo(200);
            Files.writeString(file, "second key-with-more-characters\n".replace(" ", "\n"));
            for (int i = 0;
                    i < 600 && gorgon.postAs("second", "/generate", BODY).statusCode() == 401;
                    i++) {
                Thread.sleep(20);
            }
            assertThat(gorgon.postAs("second", "/generate", BODY).statusCode()).isEqualTo(200);
            assertThat(gorgon.postAs("first", "/generate", BODY).statusCode()).isEqualTo(401);
            assertThat(gorgon.log()).noneMatch(line -> line.contains("second") || line.contains("always"));
        }
    }

    @Test
    void anOpenServerWithoutKeysIsToldApart() {
        try (Gorgon gorgon = Gorgon.start("serve", "--port", "0", "--hostname", "0.0.0.0")) {
            assertThat(gorgon.awaitLine("may use this server")).contains("WARN").contains("--api-key");
        }
    }

    @Test
    void aSecondSignalEndsWhatRuns() throws Exception {
        try (Gorgon gorgon = Gorgon.serve("--max-total-tokens", "2048")) {
            CompletableFuture<HttpResponse<String>> running = CompletableFuture.supplyAsync(() -> gorgon.post(
                    "/generate",
                    Gorgon.body(
                            "[INST] Who are you? [/INST]",
                            "\"max_new_tokens\":2000,\"ignore_eos_token\":true,\"speculative_tokens\":0,"
                                    + "\"return_k_alternatives\":50")));
            for (int i = 0; i < 5000 && gorgon.metric("gorgon_requests_running") < 1; i++) {
                Thread.sleep(1);
            }
            for (int i = 0; i < 2; i++) {
                new ProcessBuilder(
                                "kill", "-TERM", String.valueOf(gorgon.process().pid()))
                        .start()
                        .waitFor();
                if (i == 0) {
                    gorgon.awaitLine("stopping: requests under way");
                }
            }
            assertThat(gorgon.exit()).isIn(0, 130, 143);
            // handed back with an error, unless it was done before the second signal came
            assertThat(running.handle((response, failure) -> failure == null ? response.statusCode() : 503)
                            .join())
                    .isIn(200, 503);
        }
    }
}
