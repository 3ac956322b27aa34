package dev.gorgon.hub.huggingface;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.hub.Contents;
import dev.gorgon.hub.Credential;
import dev.gorgon.hub.HubException;
import dev.gorgon.hub.HubException.Code;
import dev.gorgon.hub.Located;
import dev.gorgon.hub.Progress;
import dev.gorgon.hub.huggingface.PushRequest.Target;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters that go to the hub, and come back. */
class HubPushTest {
    private static final String WEIGHTS = "adapter_model.safetensors";
    private static final int BYTES = 300_000;
    private static final Credential WRITER = new Credential("hf_writer");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path temporary;

    private final Map<String, byte[]> files = new TreeMap<>(HubFixture.adapter(BYTES, 3));

    @SuppressWarnings("NullAway.Init")
    private HubFixture fixture;

    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @BeforeEach
    void start() throws IOException {
        fixture = new HubFixture(temporary.resolve("cache"));
        folder = Files.createDirectory(temporary.resolve("adapter"));
        files.remove(".gitattributes");
        files.put("empty.txt", new byte[0]);
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Files.write(folder.resolve(file.getKey()), file.getValue());
        }
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    private Pushed push(Credential credential, boolean create, boolean secret, Progress progress) {
        try (HubPush push = new HubPush(fixture.settings(false), HubFixture.IMPATIENT)) {
            return push.push(
                    new PushRequest(
                            folder, new Target("org/adapter", "main", create, secret), "An adapter", credential),
                    progress);
        }
    }

    private Pushed push() {
        return push(WRITER, true, false, Progress.NONE);
    }

    private void fails(Code code, String... messages) {
        assertThatThrownBy(this::push)
                .isInstanceOf(HubException.class)
                .hasMessageContainingAll(messages)
                .satisfies(e -> assertThat(((HubException) e).code()).isEqualTo(code));
        assertThat(fixture.hub.uploads().commits()).isEmpty();
    }

    private void comesBack() throws IOException {
        Located located = fixture.source.locate(HubFixture.ADAPTER, Credential.NONE);
        Path fetched = fixture.source.fetch(located, Contents.ADAPTER, Credential.NONE, Progress.NONE);
        assertThat(fetched.resolve(WEIGHTS)).hasBinaryContent(files.get(WEIGHTS));
        assertThat(fetched.resolve("adapter_config.json")).hasBinaryContent(files.get("adapter_config.json"));
        FakeRepo repo = fixture.hub.repo("org/adapter");
        Map<String, byte[]> there = repo.files(repo.resolve("main"));
        files.forEach((path, content) -> assertThat(there.get(path)).as(path).isEqualTo(content));
        assertThat(there.keySet())
                .containsAll(files.keySet())
                .contains(".gitattributes")
                .hasSize(files.size() + 1);
    }

    private void nobodyElseSawTheToken() {
        assertThat(fixture.hub.requests())
                .filteredOn(request -> !request.hub() || request.path().equals("/complete"))
                .isNotEmpty()
                .allSatisfy(request -> assertThat(request.authorization()).isEmpty());
    }

    @Test
    void whatIsPushedCanBeFetchedByteForByte() throws IOException {
        Map<String, AtomicLong> seen = new ConcurrentHashMap<>();
        Pushed pushed = push(WRITER, true, false, new Progress() {
            @Override
            public void advance(String file, long bytes) {
                seen.computeIfAbsent(file, _ -> new AtomicLong()).addAndGet(bytes);
            }
        });
        comesBack();
        nobodyElseSawTheToken();
        assertThat(pushed.changed()).containsExactlyElementsOf(files.keySet());
        assertThat(pushed.unchanged()).isZero();
        assertThat(pushed.commit()).isEqualTo(fixture.hub.repo("org/adapter").resolve("main"));
        assertThat(pushed.address()).hasToString(fixture.hub.endpoint() + "/org/adapter");
        assertThat(pushed.bytes()).isEqualTo(BYTES + 100);
        assertThat(seen.get(WEIGHTS)).hasValue(BYTES);
        assertThat(fixture.hub.uploads().commits()).singleElement().asString().contains("\"An adapter\"");
    }

    @Test
    void nothingIsSentTwice() throws IOException {
        Pushed first = push();
        long requests = fixture.storeRequests();
        Pushed again = push();
        assertThat(again.commit()).isEqualTo(first.commit());
        assertThat(again.changed()).isEmpty();
        assertThat(again.unchanged()).isEqualTo(files.size());
        assertThat(fixture.hub.uploads().commits()).hasSize(1);
        Files.writeString(folder.resolve("README.md"), "another text");
        Files.copy(folder.resolve(WEIGHTS), folder.resolve("copy.safetensors"));
        Pushed third = push();
        assertThat(third.changed()).containsExactly("README.md", "copy.safetensors");
        assertThat(third.bytes()).isZero();
        assertThat(fixture.storeRequests()).isEqualTo(requests);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 299_999, 150_000, 65_537})
    void largeContentsGoInParts(int partBytes) throws IOException {
        if (partBytes == 1) {
            files.put(WEIGHTS, new byte[] {1, 2, 3});
            Files.write(folder.resolve(WEIGHTS), files.get(WEIGHTS));
            Files.delete(folder.resolve("training_args.bin"));
            files.remove("training_args.bin");
        }
        fixture.hub.uploads().inPartsOf(partBytes);
        push();
        comesBack();
        nobodyElseSawTheToken();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/preupload/",
                "/lfs/objects/batch",
                "/lfs/verify",
                "/commit/",
                "/upload/",
                "/create",
                "/revision/"
            })
    void failuresOfTheHubPass(String path) throws IOException {
        fixture.hub.fail(path, Fault.status(503), Fault.retryAfter(429, "0"));
        push();
        comesBack();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100_000})
    void brokenConnectionsStartAgain(int bytes) throws IOException {
        fixture.hub.fail("/upload/", new Fault.Cut(bytes), new Fault.Cut(bytes));
        push();
        comesBack();
        nobodyElseSawTheToken();
    }

    @ParameterizedTest
    @ValueSource(ints = {300_001, 100_000})
    void expiredAddressesAreReplaced(int partBytes) throws IOException {
        fixture.hub.uploads().inPartsOf(partBytes);
        fixture.hub.fail("/upload/", Fault.status(403), Fault.status(403));
        push();
        comesBack();
    }

    @Test
    void uploadsInPartsThatTheStoreHasForgottenBeginAgain() throws IOException {
        fixture.hub.uploads().inPartsOf(100_000);
        fixture.hub.fail("/complete", Fault.status(404));
        push();
        comesBack();
    }

    @Test
    void commitsWhoseAnswerGetsLostAreNotMadeTwice() throws IOException {
        fixture.hub.fail("/commit/", new Fault.Cut(0));
        Pushed pushed = push();
        comesBack();
        assertThat(fixture.hub.uploads().commits()).hasSize(1);
        assertThat(pushed.changed()).containsExactlyElementsOf(files.keySet());
    }

    @Test
    void commitsOfOthersInBetweenStay() throws IOException {
        FakeRepo repo = fixture.hub.repo("org/adapter").writableFor(WRITER.token());
        byte[] theirs = "theirs".getBytes(StandardCharsets.UTF_8);
        String first = repo.commit("main", Map.of(".gitattributes", theirs));
        fixture.hub.uploads().beforeCommit(() -> {
            String ignored = repo.commit("main", Map.of(".gitattributes", theirs, "other.txt", theirs));
        });
        Pushed pushed = push();
        assertThat(pushed.commit()).isNotEqualTo(first);
        assertThat(repo.files(pushed.commit()))
                .containsEntry("other.txt", theirs)
                .containsKey(WEIGHTS);
        assertThat(fixture.hub.uploads().commits()).hasSize(1);
    }

    @Test
    void hubsThatKeepFailingAreGivenUp() {
        Fault[] down = {Fault.status(500), Fault.status(500), Fault.status(500), Fault.status(500)};
        fixture.hub.fail("/commit/", down);
        fails(Code.UNREACHABLE, "answers with status 500", "org/adapter");
    }

    @Test
    void refusalsSayWhatToDo() {
        assertThatThrownBy(() -> push(Credential.NONE, true, false, Progress.NONE))
                .hasMessageContainingAll("--token", "HF_TOKEN");
        assertThat(fixture.hub.requests()).isEmpty();
        assertThatThrownBy(() -> push(new Credential("unknown"), true, false, Progress.NONE))
                .hasMessageContaining("does not accept the token");
        assertThatThrownBy(() -> push(WRITER, false, false, Progress.NONE))
                .hasMessageContainingAll("Repository Not Found", "--create");
        fixture.hub.repo("org/adapter").commit("main", Map.of("a", new byte[1]));
        assertThatThrownBy(() -> push(new Credential("hf_reader"), false, false, Progress.NONE))
                .hasMessageContainingAll("write access (403)", "required permissions")
                .hasMessageNotContaining("hf_reader");
        assertThatThrownBy(() -> push(WRITER, true, true, Progress.NONE))
                .hasMessageContainingAll("everybody may read it", "--private");
        assertThatThrownBy(() -> {
                    try (HubPush push = new HubPush(fixture.settings(false), HubFixture.IMPATIENT)) {
                        Pushed ignored = push.push(
                                new PushRequest(folder, new Target("org/adapter", "dev", false, false), "m", WRITER),
                                Progress.NONE);
                    }
                })
                .hasMessageContaining("no branch 'dev'");
    }

    @Test
    void privateRepositoriesAreMadePrivate() {
        Pushed pushed = push(WRITER, true, true, Progress.NONE);
        assertThat(pushed.changed()).isNotEmpty();
        assertThat(fixture.hub.repo("org/adapter").isClosed()).isTrue();
        assertThatThrownBy(() -> fixture.source.locate(HubFixture.ADAPTER, Credential.NONE))
                .isInstanceOf(HubException.class);
    }

    @Test
    void checkpointsCachesAndHiddenFilesStay() throws IOException {
        for (String path : List.of(
                ".git/config",
                ".env",
                "checkpoint-12/model.safetensors",
                "training.checkpoint",
                "hidden-states/shard-0",
                "__pycache__/x",
                "config.json.partial")) {
            Path file = folder.resolve(path);
            Files.createDirectories(file.getParent());
            Files.writeString(file, "secret");
        }
        Files.createDirectories(folder.resolve("runs/one"));
        Files.writeString(folder.resolve("runs/one/events"), "events");
        Files.createSymbolicLink(folder.resolve("link.json"), Path.of("adapter_config.json"));
        Files.writeString(folder.resolve("not.ignored"), "x");
        Pushed pushed = push();
        assertThat(pushed.changed()).contains("runs/one/events", "link.json").hasSize(files.size() + 2);
        assertThat(pushed.warnings())
                .anySatisfy(warning -> assertThat(warning).contains("has not finished"))
                .anySatisfy(warning -> assertThat(warning).contains(".gitignore", "not.ignored"));
    }

    @Test
    void foldersThatCannotBePushedAreRefusedBeforeAnythingIsSent() throws IOException {
        Path outside = Files.writeString(temporary.resolve("secret"), "secret");
        Path link = Files.createSymbolicLink(folder.resolve("link"), outside);
        fails(Code.STORAGE, "'link'", "outside of the folder");
        Files.delete(link);
        Files.createSymbolicLink(link, Path.of("nowhere"));
        fails(Code.STORAGE, "'link'", "a link to nothing");
        Files.delete(link);
        Files.createSymbolicLink(link, Path.of("."));
        fails(Code.STORAGE, "'link'", "a link to a folder");
        Files.delete(link);
        folder = temporary.resolve("missing");
        fails(Code.STORAGE, "There is no folder");
        folder = Files.createDirectory(temporary.resolve("bare"));
        fails(Code.STORAGE, "holds no files");
        assertThat(fixture.hub.requests()).isEmpty();
        Files.writeString(folder.resolve("note.txt"), "note");
        assertThat(push().warnings()).singleElement().asString().contains("does not look like an adapter");
    }
}
