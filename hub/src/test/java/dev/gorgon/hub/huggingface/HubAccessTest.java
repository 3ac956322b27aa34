package dev.gorgon.hub.huggingface;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.hub.AdapterSource;
import dev.gorgon.hub.Contents;
import dev.gorgon.hub.Credential;
import dev.gorgon.hub.FileRef;
import dev.gorgon.hub.HubException;
import dev.gorgon.hub.HubException.Code;
import dev.gorgon.hub.Located;
import dev.gorgon.hub.Progress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who gets what from the hub, and what is said to the others. */
class HubAccessTest {
    private static final Credential OWNER = new Credential("hf_owner");
    private static final Credential STRANGER = new Credential("hf_stranger");
    private static final Credential DUMMY = new Credential("unknown");
    private static final Map<String, byte[]> FILES = HubFixture.adapter(10_000, 1);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path cache;

    @SuppressWarnings("NullAway.Init")
    private HubFixture fixture;

    @SuppressWarnings("NullAway.Init")
    private FakeRepo repo;

    @BeforeEach
    void start() {
        fixture = new HubFixture(cache);
        repo = fixture.hub.repo("org/adapter");
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    private Located locate(Credential credential) {
        return fixture.source.locate(HubFixture.ADAPTER, credential);
    }

    private static void refused(Code code, String message, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(HubException.class)
                .hasMessageContaining(message)
                .satisfies(e -> assertThat(((HubException) e).code()).isEqualTo(code))
                .message()
                .doesNotContain("hf_");
    }

    @Test
    void publicRepositoriesAreForEverybodyAndNoTokenGoesOut() {
        String commit = repo.commit("main", FILES);
        for (Credential credential : new Credential[] {Credential.NONE, OWNER, DUMMY}) {
            assertThat(locate(credential)).isEqualTo(new Located(HubFixture.ADAPTER, commit, false));
            fixture.fetch(HubFixture.ADAPTER, credential);
        }
        assertThat(fixture.hub.requests())
                .allSatisfy(request -> assertThat(request.authorization()).isEmpty());
    }

    @Test
    void privateRepositoriesAreForOwnersOnly() {
        repo.closedExceptFor(OWNER.token()).commit("main", FILES);
        assertThat(locate(OWNER).restricted()).isTrue();
        refused(Code.NOT_FOUND, "Repository Not Found", () -> locate(Credential.NONE));
        refused(Code.NOT_FOUND, "the token may not read it", () -> locate(STRANGER));
        refused(Code.ACCESS_DENIED, "does not accept the token", () -> locate(DUMMY));
        assertThat(fixture.fetch(HubFixture.ADAPTER, OWNER)).isDirectoryContaining("glob:**/*.safetensors");
    }

    @Test
    void gatedRepositoriesAreForThoseWhoWereLetIn() {
        repo.gatedExceptFor(OWNER.token()).commit("main", FILES);
        assertThat(locate(OWNER).restricted()).isTrue();
        refused(Code.ACCESS_DENIED, "send the token of an account with access", () -> locate(Credential.NONE));
        refused(Code.ACCESS_DENIED, "has not been granted access", () -> locate(STRANGER));
        assertThat(fixture.fetch(HubFixture.ADAPTER, OWNER)).isDirectoryContaining("glob:**/*.safetensors");
    }

    @Test
    void tokensNeverLeaveTheHub() {
        repo.closedExceptFor(OWNER.token()).commit("main", FILES);
        fixture.fetch(HubFixture.ADAPTER, OWNER);
        assertThat(fixture.hub.requests())
                .filteredOn(request -> !request.hub())
                .isNotEmpty()
                .allSatisfy(request -> assertThat(request.authorization()).isEmpty());
        assertThat(fixture.hub.requests())
                .filteredOn(FakeHub.Request::hub)
                .anySatisfy(request -> assertThat(request.authorization()).isEqualTo("Bearer hf_owner"));
    }

    @Test
    void theServersTokenIsSharedOnlyIfTheOperatorSaysSo() {
        repo.closedExceptFor(OWNER.token()).commit("main", FILES);
        HubSettings plain = fixture.settings(false);
        for (boolean share : new boolean[] {false, true}) {
            HubSettings settings = new HubSettings(plain.endpoint(), cache, false, true, OWNER, share);
            try (HubSource source = new HubSource(settings, HubFixture.IMPATIENT, DownloadLimits.DEFAULT)) {
                if (share) {
                    assertThat(source.locate(HubFixture.ADAPTER, Credential.NONE)
                                    .restricted())
                            .isTrue();
                    refused(Code.NOT_FOUND, "may not read", () -> source.locate(HubFixture.ADAPTER, STRANGER));
                } else {
                    refused(Code.NOT_FOUND, "needs a token", () -> source.locate(HubFixture.ADAPTER, Credential.NONE));
                }
            }
        }
    }

    @Test
    void whatDoesNotExistIsNamed() {
        repo.commit("main", FILES);
        FileRef nobody = FileRef.of(AdapterSource.HUB, "nobody/nothing");
        refused(Code.NOT_FOUND, "there is no 'nobody/nothing'", () -> fixture.source.locate(nobody, Credential.NONE));
        refused(Code.NOT_FOUND, "there is no 'nobody/nothing'", () -> fixture.source.locate(nobody, OWNER));
        refused(
                Code.NOT_FOUND,
                "Revision Not Found: 'org/adapter@v9'",
                () -> fixture.source.locate(HubFixture.at("v9"), Credential.NONE));
        fixture.hub.repo("org/empty").commit("main", Map.of("README.md", new byte[3]));
        refused(
                Code.NOT_FOUND,
                "No .safetensors weights found for model 'org/empty'",
                () -> fixture.fetch(FileRef.of(AdapterSource.HUB, "org/empty"), Credential.NONE));
    }

    @Test
    void revisionsAreResolvedSeparately() {
        String old = repo.commit("v1", HubFixture.adapter(100, 1));
        String pull = repo.commit("refs/pr/1", HubFixture.adapter(100, 2));
        String main = repo.commit("main", HubFixture.adapter(100, 3));
        assertThat(locate(Credential.NONE).version()).isEqualTo(main);
        for (String[] pair : new String[][] {{"v1", old}, {"refs/pr/1", pull}, {old, old}}) {
            assertThat(fixture.source
                            .locate(HubFixture.at(pair[0]), Credential.NONE)
                            .version())
                    .isEqualTo(pair[1]);
            fixture.fetch(HubFixture.at(pair[0]), Credential.NONE);
        }
        assertThat(fixture.repoFolder().resolve("refs/pr/1")).doesNotExist();
        assertThat(fixture.repoFolder().resolve("refs/refs/pr/1")).hasContent(pull);
        assertThat(fixture.repoFolder().resolve("refs/v1")).hasContent(old);
        assertThat(fixture.repoFolder().resolve("refs").resolve(old)).doesNotExist();
    }

    @Test
    void mirrorsThatTellLittleServeAsWell() {
        String commit = repo.terse().commit("main", FILES);
        assertThat(fixture.fetch().getFileName()).hasToString(commit);
    }

    @Test
    void tokensWithLineBreaksAreRefusedUnsent() {
        repo.closedExceptFor(OWNER.token()).commit("main", FILES);
        refused(Code.ACCESS_DENIED, "no token of the hub has", () -> locate(new Credential("a\r\nX-Evil: 1")));
    }

    @Test
    void withoutTheHubTheCacheServesWhatIsForEverybody() {
        String commit = repo.commit("main", FILES);
        Path folder = fixture.fetch();
        fixture.hub.close();
        assertThat(locate(Credential.NONE)).isEqualTo(new Located(HubFixture.ADAPTER, commit, false));
        assertThat(fixture.fetch()).isEqualTo(folder);
        refused(
                Code.UNREACHABLE,
                "cannot be reached",
                () -> fixture.source.locate(HubFixture.at("other"), Credential.NONE));
    }

    @Test
    void withoutTheHubNobodyGetsWhatIsRestricted() {
        repo.closedExceptFor(OWNER.token()).commit("main", FILES);
        fixture.fetch(HubFixture.ADAPTER, OWNER);
        fixture.hub.fail("/api/", Fault.status(503), Fault.status(502), Fault.status(500), Fault.status(504));
        refused(Code.UNREACHABLE, "cached, but not for everybody", () -> locate(OWNER));
    }

    @Test
    void whatBecomesPrivateIsRestrictedFromThenOn() {
        repo.commit("main", FILES);
        fixture.fetch();
        repo.closedExceptFor(OWNER.token());
        refused(Code.NOT_FOUND, "needs a token", () -> locate(Credential.NONE));
        fixture.hub.close();
        refused(Code.UNREACHABLE, "cached, but not for everybody", () -> locate(Credential.NONE));
    }

    /** A wrong revision once marked its repository as private. */
    @Test
    void wrongRevisionsRestrictNothing() {
        repo.commit("main", FILES);
        fixture.fetch();
        refused(
                Code.NOT_FOUND,
                "Revision Not Found",
                () -> fixture.source.locate(HubFixture.at("v9"), Credential.NONE));
        fixture.hub.close();
        assertThat(locate(Credential.NONE).restricted()).isFalse();
    }

    @Test
    void offlineNothingIsAsked() {
        repo.commit("main", FILES);
        Path folder = fixture.fetch();
        int asked = fixture.hub.requests().size();
        try (HubSource offline = fixture.source(true)) {
            Located located = offline.locate(HubFixture.ADAPTER, Credential.NONE);
            assertThat(offline.fetch(located, Contents.ADAPTER, Credential.NONE, Progress.NONE))
                    .isEqualTo(folder);
            refused(
                    Code.NOT_FOUND,
                    "HF_HUB_OFFLINE=1",
                    () -> offline.locate(FileRef.of(AdapterSource.HUB, "a/b"), Credential.NONE));
            refused(Code.NOT_FOUND, "HF_HUB_OFFLINE=1", () -> offline.locate(HubFixture.at("other"), Credential.NONE));
        }
        assertThat(fixture.hub.requests()).hasSize(asked);
        assertThat(Files.exists(cache)).isTrue();
    }
}
