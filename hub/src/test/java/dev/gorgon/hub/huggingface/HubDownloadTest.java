package dev.gorgon.hub.huggingface;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.hub.Contents;
import dev.gorgon.hub.Credential;
import dev.gorgon.hub.HubException;
import dev.gorgon.hub.HubException.Code;
import dev.gorgon.hub.Located;
import dev.gorgon.hub.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Downloads over bad connections. */
class HubDownloadTest {
    private static final String WEIGHTS = "adapter_model.safetensors";
    private static final int BYTES = 300_000;
    private static final Map<String, byte[]> FILES = HubFixture.adapter(BYTES, 7);
    private static final byte[] CONTENT = FILES.get(WEIGHTS);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path cache;

    @SuppressWarnings("NullAway.Init")
    private HubFixture fixture;

    @BeforeEach
    void start() {
        fixture = new HubFixture(cache);
        fixture.hub.repo("org/adapter").commit("main", FILES);
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    private void arrives() throws IOException {
        Path folder = fixture.fetch();
        assertThat(folder.resolve(WEIGHTS)).hasBinaryContent(CONTENT);
        assertThat(folder.resolve("adapter_config.json")).hasBinaryContent(FILES.get("adapter_config.json"));
        HubFixture.checkIntegrity(fixture.repoFolder());
    }

    private void fails(Code code, String message) throws IOException {
        assertThatThrownBy(fixture::fetch)
                .isInstanceOf(HubException.class)
                .hasMessageContaining(message)
                .satisfies(e -> assertThat(((HubException) e).code()).isEqualTo(code));
        HubFixture.checkIntegrity(fixture.repoFolder());
        assertThat(fixture.repoFolder().resolve("refs/main")).doesNotExist();
    }

    private List<String> ranges() {
        return fixture.hub.requests().stream()
                .filter(request -> !request.hub())
                .map(FakeHub.Request::range)
                .toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4095, 4096, 150_001, BYTES - 1})
    void cutConnectionsGoOnWhereTheyStopped(int bytes) throws IOException {
        fixture.hub.fail("/store/", new Fault.Cut(bytes), new Fault.Cut(100));
        arrives();
        // The client may lose the last bytes before the cut, but no more than those.
        assertThat(ranges()).hasSize(bytes < BYTES - 1 ? 3 : 2);
        assertThat(ranges().getFirst()).isEmpty();
        if (bytes > 100_000) {
            assertThat(ranges().get(1)).startsWith("bytes=");
        }
    }

    @Test
    void attemptsGoOnWhereEarlierOnesStopped() throws IOException {
        Path incomplete = fixture.repoFolder().resolve("blobs/" + FakeRepo.tag(WEIGHTS, CONTENT) + ".incomplete");
        Files.createDirectories(incomplete.getParent());
        Files.write(incomplete, Arrays.copyOf(CONTENT, 123_456));
        arrives();
        assertThat(ranges()).containsExactly("bytes=123456-");
        assertThat(incomplete).doesNotExist();
    }

    @Test
    void leftoversOfSomethingElseAreFetchedAnew() throws IOException {
        Path incomplete = fixture.repoFolder().resolve("blobs/" + FakeRepo.tag(WEIGHTS, CONTENT) + ".incomplete");
        Files.createDirectories(incomplete.getParent());
        Files.write(incomplete, new byte[1000]);
        arrives();
        assertThat(ranges()).containsExactly("bytes=1000-", "");
        Files.write(incomplete, new byte[BYTES + 1]);
        Files.delete(fixture.repoFolder().resolve("blobs/" + FakeRepo.tag(WEIGHTS, CONTENT)));
        arrives();
    }

    @Test
    void serversWithoutRangesStartAgain() throws IOException {
        fixture.hub.fail("/store/", new Fault.Cut(100_000), new Fault.NoRanges());
        arrives();
    }

    @Test
    void damageIsFetchedOnceMore() throws IOException {
        fixture.hub.fail("/store/", new Fault.Damage());
        fixture.hub.fail("resolve/" + commit() + "/adapter_config.json", new Fault.Damage());
        arrives();
    }

    @ParameterizedTest
    @ValueSource(strings = {WEIGHTS, "adapter_config.json"})
    void damageThatStaysIsAnError(String file) throws IOException {
        String path = file.equals(WEIGHTS) ? "/store/" : "/" + file;
        fixture.hub.fail(path, new Fault.Damage(), new Fault.Damage());
        fails(Code.DAMAGED, "'" + file + "' of 'org/adapter");
        arrives();
    }

    private String commit() {
        return fixture.source.locate(HubFixture.ADAPTER, Credential.NONE).version();
    }

    @Test
    void stalledBodiesAreLeft() throws IOException {
        fixture.hub.fail("/store/", new Fault.Stall(50_000));
        fixture.hub.fail("/api/", new Fault.Stall(10));
        arrives();
    }

    @Test
    void patienceEnds() throws IOException {
        fixture.hub.fail(
                "/store/", new Fault.Cut(1000), new Fault.Cut(1000), new Fault.Stall(1000), new Fault.Cut(1000));
        fails(Code.UNREACHABLE, "cannot be reached for '" + WEIGHTS + "' of 'org/adapter");
        arrives();
    }

    @Test
    void serverErrorsAndRequestsToWaitAreRetried() throws IOException {
        fixture.hub.fail("/store/", Fault.status(500), Fault.retryAfter(429, "1"), Fault.status(503));
        fixture.hub.fail("/api/", Fault.status(502), Fault.retryAfter(503, "0"));
        arrives();
    }

    @Test
    void nobodyWaitsForLong() throws IOException {
        fixture.hub.fail("/store/", Fault.retryAfter(429, "86400"));
        fails(Code.RATE_LIMITED, "429");
        fixture.hub.fail("/api/", Fault.retryAfter(429, "Fri, 31 Dec 2100 23:59:59 GMT"));
        fails(Code.RATE_LIMITED, "asks to wait");
        fixture.hub.fail("/store/", Fault.status(403));
        fails(Code.ACCESS_DENIED, "(403)");
    }

    @Test
    void adaptersThatAreWholeModelsAreRefusedUnfetched() {
        DownloadLimits small = new DownloadLimits(2, 1000);
        try (HubSource source = new HubSource(fixture.settings(false), HubFixture.IMPATIENT, small)) {
            Located located = source.locate(HubFixture.ADAPTER, Credential.NONE);
            assertThatThrownBy(() -> source.fetch(located, Contents.ADAPTER, Credential.NONE, Progress.NONE))
                    .hasMessageContaining("at most 1000 bytes");
            assertThat(fixture.storeRequests()).isZero();
        }
    }

    @Test
    void aCacheThatCannotBeWrittenIsAnError() throws IOException {
        Path file = Files.writeString(cache.resolve("file"), "x");
        HubSettings settings =
                new HubSettings(fixture.hub.endpoint(), file.resolve("hub"), false, true, Credential.NONE, false);
        try (HubSource source = new HubSource(settings, HubFixture.IMPATIENT, DownloadLimits.DEFAULT)) {
            Located located = source.locate(HubFixture.ADAPTER, Credential.NONE);
            assertThatThrownBy(() -> source.fetch(located, Contents.ADAPTER, Credential.NONE, Progress.NONE))
                    .isInstanceOf(HubException.class)
                    .hasMessageContaining("cannot store")
                    .satisfies(e -> assertThat(((HubException) e).code()).isEqualTo(Code.STORAGE));
        }
    }

    @Test
    void callsForTheSameVersionShareTheWork() throws Exception {
        fixture.hub.throttle(2);
        try (HubSource other = fixture.source(false);
                ExecutorService threads = Executors.newFixedThreadPool(6)) {
            List<Future<Path>> folders = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                HubSource source = i % 2 == 0 ? fixture.source : other;
                folders.add(threads.submit(() -> source.fetch(
                        source.locate(HubFixture.ADAPTER, Credential.NONE),
                        Contents.ADAPTER,
                        Credential.NONE,
                        Progress.NONE)));
            }
            for (Future<Path> folder : folders) {
                assertThat(folder.get().resolve(WEIGHTS)).hasBinaryContent(CONTENT);
            }
        }
        assertThat(fixture.storeRequests()).isEqualTo(1);
    }

    @Test
    void completeSnapshotsAreNotAskedForAgain() throws IOException {
        Path folder = fixture.fetch();
        int asked = fixture.hub.requests().size();
        fixture.fetch();
        assertThat(fixture.hub.requests()).hasSize(asked + 1); // what main is now
        Files.delete(folder.resolve(WEIGHTS));
        arrives();
        assertThat(fixture.storeRequests()).isEqualTo(1); // the blob is still there
        Files.write(fixture.repoFolder().resolve("blobs/" + FakeRepo.tag(WEIGHTS, CONTENT)), new byte[5]);
        arrives();
    }

    @Test
    void progressIsTold() throws IOException {
        AtomicLong arrived = new AtomicLong();
        List<String> ended = new ArrayList<>();
        Progress progress = new Progress() {
            @Override
            public void advance(String file, long bytes) {
                arrived.addAndGet(bytes);
            }

            @Override
            public synchronized void end(String file) {
                ended.add(file);
            }
        };
        Located located = fixture.source.locate(HubFixture.ADAPTER, Credential.NONE);
        fixture.source.fetch(located, Contents.ADAPTER, Credential.NONE, progress);
        assertThat(arrived).hasValue(BYTES + FILES.get("adapter_config.json").length);
        assertThat(ended).containsExactlyInAnyOrder(WEIGHTS, "adapter_config.json");
    }
}
