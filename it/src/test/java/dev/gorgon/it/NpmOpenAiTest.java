package dev.gorgon.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** OpenAI's official client for JavaScript; needs node and npm. */
class NpmOpenAiTest {

    private static final Path SOURCE = Path.of("src/test/npm");
    private static final Path FOLDER = Path.of("target/npm");

    private record Ended(int status, String out) {}

    private static Ended run(Path folder, String... command) throws IOException, InterruptedException {
        Path out = Files.createTempFile("npm", ".out");
        try {
            Process process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(out.toFile())
                    .start();
            if (!process.waitFor(120, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException(List.of(command) + " does not end");
            }
            return new Ended(process.exitValue(), Files.readString(out, StandardCharsets.UTF_8));
        } finally {
            Files.delete(out);
        }
    }

    private static boolean installed() {
        try {
            return run(Path.of("."), "node", "--version").status() == 0
                    && run(Path.of("."), "npm", "--version").status() == 0;
        } catch (IOException e) {
            return false; // no such program
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void chatsAndStreams() throws Exception {
        assumeTrue(installed(), "node or npm is missing");
        Files.createDirectories(FOLDER);
        for (String file : List.of("package.json", "package-lock.json", "openai.mjs")) {
            Files.write(FOLDER.resolve(file), Files.readAllBytes(SOURCE.resolve(file)));
        }
        if (!Files.isDirectory(FOLDER.resolve("node_modules/openai"))) {
            Ended install = run(FOLDER, "npm", "ci", "--no-audit", "--no-fund");
            assertThat(install.status()).as(install.out()).isZero();
        }
        try (Gorgon gorgon = Gorgon.serve()) {
            Ended ended = run(FOLDER, "node", "openai.mjs", "http://127.0.0.1:" + gorgon.port() + "/v1");
            assertThat(ended.status()).as(ended.out()).isZero();
            JsonNode said = Gorgon.json(ended.out());
            String reference = gorgon.generate("[INST] Who are you? [/INST]", "\"max_new_tokens\":64")
                    .path("generated_text")
                    .stringValue();
            assertThat(said.path("chat").stringValue()).isEqualTo(reference);
            assertThat(said.path("streamed").stringValue()).isEqualTo(reference);
            assertThat(said.path("completion").stringValue()).isEqualTo(reference);
            assertThat(said.path("usage").path("completion_tokens").intValue()).isPositive();
            assertThat(said.path("models").toString()).contains("stheno-8m");
            assertThat(said.path("mistake").path("status").intValue()).isEqualTo(400);
            assertThat(said.path("mistake").path("name").stringValue()).isEqualTo("BadRequestError");
            assertThat(said.path("mistake").path("message").stringValue()).contains("top_p");
        }
    }
}
