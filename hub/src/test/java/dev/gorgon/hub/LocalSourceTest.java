package dev.gorgon.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gorgon.hub.HubException.Code;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalSourceTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path temporary;

    private Path first = Path.of("");
    private Path second = Path.of("");
    private Path secret = Path.of("");
    private LocalSource source = LocalSource.unconfined();

    @BeforeEach
    void folders() throws IOException {
        first = adapter("first/a").getParent();
        second = adapter("second/a").getParent();
        adapter("second/b/c");
        secret = adapter("secret/s");
        source = LocalSource.confined(List.of(first, second, temporary.resolve("missing")));
    }

    private Path adapter(String name) throws IOException {
        Path folder = Files.createDirectories(temporary.toRealPath().resolve(name));
        Files.writeString(folder.resolve("adapter_config.json"), "{}");
        Files.writeString(folder.resolve("adapter_model.safetensors"), name);
        return folder;
    }

    private Path fetch(String id) {
        Located located = source.locate(FileRef.of(AdapterSource.LOCAL, id), Credential.NONE);
        assertThat(located.restricted()).isFalse();
        return source.fetch(located, Contents.ADAPTER, Credential.NONE, Progress.NONE);
    }

    private void refused(Code code, String id, String message) {
        assertThatThrownBy(() -> fetch(id))
                .isInstanceOf(HubException.class)
                .hasMessageContaining(message)
                .satisfies(e -> assertThat(((HubException) e).code()).isEqualTo(code));
    }

    @Test
    void relativeNamesAreTriedBelowEachRootInOrder() {
        assertThat(fetch("a")).isEqualTo(first.resolve("a"));
        assertThat(fetch("./b//c")).isEqualTo(second.resolve("b/c"));
        refused(Code.NOT_FOUND, "z", "does not exist in the folders");
    }

    @Test
    void absoluteNamesServeBelowTheRootsOnly() {
        assertThat(fetch(second.resolve("a").toString())).isEqualTo(second.resolve("a"));
        refused(Code.INVALID_NAME, secret.toString(), "--local-adapter-root");
        refused(Code.INVALID_NAME, first + "x", "is not below a folder");
    }

    /** Whoever asks must not learn what there is elsewhere. */
    @Test
    void whatIsOutsideLooksTheSameWhetherItExistsOrNot() {
        String exists = secret.toString();
        String missing = exists.replace("secret", "nowhere");
        assertThatThrownBy(() -> fetch(missing))
                .satisfies(no -> assertThatThrownBy(() -> fetch(exists))
                        .hasMessage(String.valueOf(no.getMessage()).replace("nowhere", "secret")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "..",
                "../secret/s",
                "a/../a",
                "a/..",
                "/etc/../etc",
                "a\0b",
                "a\nb",
                "a\u007fb",
                "a\u0085b",
                "~/x",
                "$HOME",
                "a*",
                "a?b",
                "`id`",
                "a|b",
                "a;b",
                "a\\..\\b",
                "",
                "  "
            })
    void oddNamesAreRefused(String id) {
        assertThatThrownBy(() -> fetch(id))
                .isInstanceOf(HubException.class)
                .satisfies(e -> assertThat(((HubException) e).code()).isEqualTo(Code.INVALID_NAME))
                .message()
                .doesNotContainPattern("[\\p{Cntrl}]");
    }

    @Test
    void linksDoNotLeadOut() throws IOException {
        Files.createSymbolicLink(first.resolve("link"), secret);
        refused(Code.INVALID_NAME, "link", "is not below a folder");
        Path folder = adapter("first/partly");
        Files.delete(folder.resolve("adapter_model.safetensors"));
        Files.createSymbolicLink(
                folder.resolve("adapter_model.safetensors"), secret.resolve("adapter_model.safetensors"));
        refused(Code.INVALID_NAME, "partly", "is a link that leads out");
        Files.delete(folder.resolve("adapter_model.safetensors"));
        Files.createSymbolicLink(folder.resolve("adapter_model.safetensors"), Path.of("nowhere"));
        refused(Code.NOT_FOUND, "partly", "cannot be read");
    }

    @Test
    void linksWithinTheRootsServe() throws IOException {
        Files.createSymbolicLink(first.resolve("link"), second.resolve("b"));
        assertThat(fetch("link/c")).isEqualTo(second.resolve("b/c"));
        Path rootLink = Files.createSymbolicLink(temporary.resolve("root-link"), first);
        source = LocalSource.confined(List.of(rootLink));
        assertThat(fetch(rootLink.resolve("a").toString())).isEqualTo(first.resolve("a"));
        assertThat(fetch(first.resolve("a").toString())).isEqualTo(first.resolve("a"));
    }

    /** LoRAX keeps its cache in /data, beside the folders that everybody may name. */
    @Test
    void downloadsAreServedByTheirSourceOnly() throws IOException {
        Path snapshot = adapter("first/models--alice--own/snapshots/0123");
        Path blobs = adapter("first/models--alice--own/blobs");
        Path pirate = Files.createDirectories(first.resolve("mine"));
        Files.createSymbolicLink(
                pirate.resolve("adapter_model.safetensors"), blobs.resolve("adapter_model.safetensors"));
        source = LocalSource.confined(List.of(first), List.of(first));
        refused(Code.INVALID_NAME, snapshot.toString(), "--local-adapter-root");
        refused(Code.INVALID_NAME, "models--alice--own/snapshots/0123", "--local-adapter-root");
        refused(Code.INVALID_NAME, "mine", "link");
        assertThat(fetch("a")).isEqualTo(first.resolve("a"));
    }

    @Test
    void filesAreNotFolders() {
        refused(Code.INVALID_NAME, "a/adapter_config.json", "is not a folder");
    }

    @Test
    void theVersionChangesWithTheFiles() throws IOException {
        FileRef ref = FileRef.of(AdapterSource.LOCAL, "a");
        Located before = source.locate(ref, Credential.NONE);
        assertThat(source.locate(ref, Credential.NONE)).isEqualTo(before);
        Path replaced = first.resolve("a/adapter_model.safetensors");
        Path other = Files.writeString(first.resolve("other"), "FIRST/A");
        Files.setLastModifiedTime(other, Files.getLastModifiedTime(replaced));
        Files.move(other, replaced, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertThat(source.locate(ref, Credential.NONE).version()).isNotEqualTo(before.version());
        assertThatThrownBy(() -> source.fetch(before, Contents.ADAPTER, Credential.NONE, Progress.NONE))
                .hasMessageContaining("are changing");
    }

    @Test
    void withoutConfinementAnyFolderServes() {
        source = LocalSource.unconfined();
        assertThat(fetch(secret.toString())).isEqualTo(secret);
        assertThat(fetch(first + "/../secret/s")).isEqualTo(secret);
    }
}
