package dev.gorgon.hub.huggingface;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process is killed while it downloads; nothing it leaves behind is ever wrong, and the next one completes. */
class KillTest {
    private static final int SHARDS = 6;
    private static final int SHARD_BYTES = 400_000;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path cache;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path logs;

    @Test
    void someKills() throws Exception {
        killAndComplete(4);
    }

    @Test
    @Tag("slow")
    void fiftyKills() throws Exception {
        killAndComplete(50);
    }

    private void killAndComplete(int kills) throws Exception {
        Random random = new Random(kills);
        Path log = logs.resolve("log");
        try (HubFixture fixture = new HubFixture(cache)) {
            FakeRepo repo = fixture.hub.repo("org/adapter");
            String commit = publish(repo, 0);
            int killed = 0;
            int resumed = 0;
            int completed = 0;
            for (int version = 0; killed < kills; ) {
                fixture.hub.throttle(10); // one second for a shard
                Process process = DownloadProcess.start(fixture.hub.endpoint(), cache, log);
                killAfterBegin(process, log, random.nextLong(1200));
                HubFixture.checkIntegrity(fixture.repoFolder());
                resumed += (int) Files.readAllLines(log).stream()
                        .filter(line -> line.matches("begin .* [1-9]\\d*"))
                        .count();
                if (process.exitValue() == 0) {
                    completed++;
                    checkComplete(fixture, repo, commit);
                    commit = publish(repo, ++version);
                } else {
                    killed++;
                    // Only what is complete may be what main stands for.
                    checkRefs(fixture, repo);
                }
            }
            fixture.hub.throttle(0);
            Process last = DownloadProcess.start(fixture.hub.endpoint(), cache, log);
            assertThat(last.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(last.exitValue()).isZero();
            checkComplete(fixture, repo, commit);
            assertThat(incomplete(fixture)).isEmpty();
            System.out.printf(
                    "killed %d times; %d files were resumed, %d runs completed before they were killed%n",
                    killed, resumed, completed);
        }
    }

    private static String publish(FakeRepo repo, int version) {
        Map<String, byte[]> files = HubFixture.adapter(SHARD_BYTES, version);
        byte[] whole = files.get("adapter_model.safetensors");
        for (int shard = 1; shard < SHARDS; shard++) {
            byte[] content = whole.clone();
            content[0] += (byte) shard;
            files.put("adapter_model-" + shard + ".safetensors", content);
        }
        return repo.commit("main", files);
    }

    /** Starting takes most of the time of a process, so the clock runs from the first file on. */
    private static void killAfterBegin(Process process, Path log, long millis) throws Exception {
        while (Files.size(log) == 0 && process.isAlive()) {
            Thread.sleep(5);
        }
        Thread.sleep(millis);
        process.destroyForcibly();
        process.waitFor();
    }

    private static void checkComplete(HubFixture fixture, FakeRepo repo, String commit) throws IOException {
        Path snapshot = fixture.repoFolder().resolve("snapshots").resolve(commit);
        assertThat(fixture.repoFolder().resolve("refs/main")).hasContent(commit);
        for (Map.Entry<String, byte[]> file : repo.files(commit).entrySet()) {
            if (file.getKey().startsWith("adapter_")) {
                assertThat(snapshot.resolve(file.getKey())).hasBinaryContent(file.getValue());
            }
        }
        HubFixture.checkIntegrity(fixture.repoFolder());
    }

    private static void checkRefs(HubFixture fixture, FakeRepo repo) throws IOException {
        Path ref = fixture.repoFolder().resolve("refs/main");
        if (Files.exists(ref)) {
            checkComplete(fixture, repo, Files.readString(ref));
        }
    }

    private static List<Path> incomplete(HubFixture fixture) throws IOException {
        try (Stream<Path> blobs = Files.list(fixture.repoFolder().resolve("blobs"))) {
            return blobs.filter(blob -> blob.toString().endsWith(".incomplete")).toList();
        }
    }
}
