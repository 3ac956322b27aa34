package dev.gorgon.hub.s3;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.hub.Contents;
import dev.gorgon.hub.Credential;
import dev.gorgon.hub.Located;
import dev.gorgon.hub.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes that are killed, and downloads that take longer than any single request may. */
@Tag("slow")
class S3KillTest extends OnS3Server {
    private static final int KILLS = 50;

    @TempDir
    Path heard;

    @Test
    void aProcessMayDieAtAnyMoment() throws Exception {
        byte[] weights = random(4_000_000, 20);
        Random random = new Random(21);
        proxy.slow(Duration.ofMillis(1));
        int killedWhileLoading = 0;
        try {
            for (int round = 0; round < KILLS; round++) {
                String key = "kill/" + round / 10; // up to ten processes die over the same adapter
                if (round % 10 == 0) {
                    adapter(key, weights);
                }
                if (killOne("models/" + key, random.nextInt(700))) {
                    killedWhileLoading++;
                }
                checkCache(weights);
            }
        } finally {
            proxy.slow(Duration.ZERO);
        }
        assertThat(killedWhileLoading).isPositive();
        for (int i = 0; i < KILLS / 10; i++) {
            S3Source source = source(S3Server.settings(proxy.port()), S3Server.KEYS);
            Path folder = fetch(source, locate(source, "models/kill/" + i));
            assertThat(Files.readAllBytes(folder.resolve("adapter_model.safetensors")))
                    .isEqualTo(weights);
        }
    }

    /** Returns whether the process died before it was done. */
    private boolean killOne(String id, int afterMillis) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1", "-cp"));
        command.addAll(List.of(
                System.getProperty("java.class.path"),
                FetchOnce.class.getName(),
                Integer.toString(proxy.port()),
                cache.toString(),
                id));
        Path out = heard.resolve("out");
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(out.toFile())
                .start();
        while (process.isAlive() && !Files.readString(out).contains("begin")) {
            process.waitFor(5, TimeUnit.MILLISECONDS);
        }
        process.waitFor(afterMillis, TimeUnit.MILLISECONDS);
        process.destroyForcibly().waitFor();
        assertThat(Files.readString(out)).containsAnyOf("begin", "done");
        return !Files.readString(out).contains("done");
    }

    /** Folders with a version's name are complete. */
    private void checkCache(byte[] weights) throws IOException {
        try (var all = Files.walk(cache)) {
            for (Path folder : all.filter(
                            path -> path.getParent() != null && path.getParent().endsWith("snapshots"))
                    .toList()) {
                assertThat(names(folder)).containsExactly("adapter_config.json", "adapter_model.safetensors");
                assertThat(Files.readAllBytes(folder.resolve("adapter_model.safetensors")))
                        .isEqualTo(weights);
            }
        }
    }

    @Test
    void theTimeOutOfARequestDoesNotEndADownload() throws IOException {
        byte[] weights = random(600_000, 22);
        adapter("long", weights);
        S3Settings plain = S3Server.settings(proxy.port());
        Duration call = Duration.ofSeconds(3);
        S3Settings brief = new S3Settings(
                plain.endpoint(),
                plain.region(),
                plain.modelBucket(),
                plain.modelFolder(),
                plain.buckets(),
                new S3Settings.Patience(1, Duration.ofMillis(1), call, call, call));
        S3Source source = source(brief, S3Server.KEYS);
        Located located = locate(source, "models/long");
        proxy.slow(Duration.ofMillis(100)); // 74 pieces of 8 KiB
        try {
            Path folder = source.fetch(located, Contents.ADAPTER, Credential.NONE, Progress.NONE);
            assertThat(Files.readAllBytes(folder.resolve("adapter_model.safetensors")))
                    .isEqualTo(weights);
        } finally {
            proxy.slow(Duration.ZERO);
        }
    }
}
