package dev.gorgon.hub.huggingface;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gorgon.hub.Contents;
import dev.gorgon.hub.Credential;
import dev.gorgon.hub.HubException;
import dev.gorgon.hub.Located;
import dev.gorgon.hub.Progress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The cache looks as huggingface_hub leaves it, and one that huggingface_hub has left serves. */
class CacheLayoutTest {
    private static final Map<String, byte[]> FILES = HubFixture.adapter(20_000, 5);
    private static final String CONFIG_TAG = FakeRepo.tag("adapter_config.json", FILES.get("adapter_config.json"));
    private static final String WEIGHTS_TAG =
            FakeRepo.tag("adapter_model.safetensors", FILES.get("adapter_model.safetensors"));

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path cache;

    @SuppressWarnings("NullAway.Init")
    private HubFixture fixture;

    @SuppressWarnings("NullAway.Init")
    private String commit;

    @BeforeEach
    void start() {
        fixture = new HubFixture(cache);
        commit = fixture.hub.repo("org/adapter").commit("main", FILES);
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    private static List<String> tree(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS))
                    .map(file -> root.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void aFetchLeavesWhatPythonWouldLeave() throws IOException {
        Path folder = fixture.fetch();
        String repo = "models--org--adapter/";
        assertThat(tree(cache))
                .containsExactlyInAnyOrder(
                        ".locks/" + repo + CONFIG_TAG + ".lock",
                        ".locks/" + repo + WEIGHTS_TAG + ".lock",
                        repo + ".gorgon/" + commit + ".adapter",
                        repo + ".no_exist/" + commit + "/config.json",
                        repo + "blobs/" + CONFIG_TAG,
                        repo + "blobs/" + WEIGHTS_TAG,
                        repo + "refs/main",
                        repo + "snapshots/" + commit + "/adapter_config.json",
                        repo + "snapshots/" + commit + "/adapter_model.safetensors");
        assertThat(folder).isEqualTo(cache.resolve(repo + "snapshots/" + commit));
        assertThat(cache.resolve(repo + "refs/main")).hasContent(commit);
        assertThat(Files.readSymbolicLink(folder.resolve("adapter_model.safetensors")))
                .isEqualTo(Path.of("../../blobs/" + WEIGHTS_TAG));
        HubFixture.checkIntegrity(fixture.repoFolder());
    }

    @Test
    void unchangedFilesAreSharedBetweenCommits() throws IOException {
        fixture.fetch();
        Map<String, byte[]> changed = new TreeMap<>(FILES);
        changed.put("adapter_config.json", "{\"r\":16}".getBytes(StandardCharsets.UTF_8));
        String second = fixture.hub.repo("org/adapter").commit("main", changed);
        Path folder = fixture.fetch();
        assertThat(folder.getFileName()).hasToString(second);
        assertThat(fixture.storeRequests()).isEqualTo(1);
        assertThat(fixture.repoFolder().resolve("refs/main")).hasContent(second);
        assertThat(fixture.repoFolder().resolve("snapshots").resolve(commit)).exists();
    }

    @Test
    void withoutLinksSnapshotsHoldTheFiles() throws IOException {
        HubSettings settings = new HubSettings(fixture.hub.endpoint(), cache, false, false, Credential.NONE, false);
        try (HubSource source = new HubSource(settings, HubFixture.IMPATIENT, DownloadLimits.DEFAULT)) {
            for (int i = 0; i < 2; i++) {
                Located located = source.locate(HubFixture.ADAPTER, Credential.NONE);
                Path folder = source.fetch(located, Contents.ADAPTER, Credential.NONE, Progress.NONE);
                Path weights = folder.resolve("adapter_model.safetensors");
                assertThat(weights).hasBinaryContent(FILES.get("adapter_model.safetensors"));
                assertThat(Files.isSymbolicLink(weights)).isFalse();
            }
        }
        assertThat(fixture.storeRequests()).isEqualTo(1);
    }

    /** As huggingface_hub does it: no marks of ours. */
    private void asPythonFillsIt(String... names) throws IOException {
        Path repo = fixture.repoFolder();
        Path snapshot = Files.createDirectories(repo.resolve("snapshots").resolve(commit));
        Files.createDirectories(repo.resolve("blobs"));
        for (String name : names) {
            byte[] content = FILES.getOrDefault(name, "{}".getBytes(StandardCharsets.UTF_8));
            String tag = FakeRepo.tag(name, content);
            Files.write(repo.resolve("blobs").resolve(tag), content);
            Files.createSymbolicLink(snapshot.resolve(name), Path.of("../../blobs", tag));
        }
        Files.createDirectories(repo.resolve("refs"));
        Files.writeString(repo.resolve("refs/main"), commit);
    }

    @Test
    void filesThatPythonHasFetchedAreNotFetchedAgain() throws IOException {
        asPythonFillsIt("adapter_config.json", "adapter_model.safetensors", "README.md");
        fixture.fetch();
        assertThat(fixture.hub.requests())
                .allSatisfy(request -> assertThat(request.path()).startsWith("/api/"));
        try (HubSource offline = fixture.source(true)) {
            Located located = offline.locate(HubFixture.ADAPTER, Credential.NONE);
            assertThat(offline.fetch(located, Contents.ADAPTER, Credential.NONE, Progress.NONE))
                    .isDirectoryContaining("glob:**/adapter_model.safetensors");
        }
    }

    @Test
    void offlineHalfASnapshotIsNoSnapshot() throws IOException {
        asPythonFillsIt("adapter_config.json");
        try (HubSource offline = fixture.source(true)) {
            Located located = offline.locate(HubFixture.ADAPTER, Credential.NONE);
            org.assertj.core.api.Assertions.assertThatThrownBy(
                            () -> offline.fetch(located, Contents.ADAPTER, Credential.NONE, Progress.NONE))
                    .isInstanceOf(HubException.class)
                    .hasMessageContaining("HF_HUB_OFFLINE=1");
        }
    }

    @Test
    void offlineAllShardsOfAnIndexMustBeThere() throws IOException {
        asPythonFillsIt("config.json", "model-00001-of-00002.safetensors");
        Path snapshot = fixture.repoFolder().resolve("snapshots").resolve(commit);
        RepoCache repo = new RepoCache(cache, RepoName.of(HubFixture.ADAPTER));
        assertThat(repo.usable(commit, Contents.MODEL)).contains(snapshot);
        Files.writeString(
                snapshot.resolve("model.safetensors.index.json"),
                "{\"weight_map\":{\"a\":\"model-00001-of-00002.safetensors\",\"b\":\"model-00002-of-00002.safetensors\"}}");
        assertThat(repo.usable(commit, Contents.MODEL)).isEmpty();
        Files.writeString(snapshot.resolve("model-00002-of-00002.safetensors"), "x");
        assertThat(repo.usable(commit, Contents.MODEL)).contains(snapshot);
        Files.writeString(snapshot.resolve("model.safetensors.index.json"), "{");
        assertThat(repo.usable(commit, Contents.MODEL)).isEmpty();
    }
}
